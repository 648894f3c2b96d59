"""`python -m sandbox.ecs`: the ECS region on its own."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from sandbox.ecs.account import REGION
from sandbox.ecs.sandbox import EcsSandbox
from sandbox.ecs.seed.seed_services import CLUSTER, SERVICE_NAMES

INTRODUCTION = """\
ECS is at {url}, at speed {speed:g}. Ctrl-C ends it.

  export AWS_ENDPOINT_URL={url} AWS_REGION={region} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox
  aws ecs describe-services --cluster {cluster} --services {services}
  python -c "import boto3; print(boto3.client('ecs').list_tasks(cluster='{cluster}', serviceName='web'))"

Its state: {url}/sandbox/state   Faults: {url}/sandbox/faults   Scaling: {url}/sandbox/autoscale
"""


def serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    speed: Annotated[
        float, typer.Option(help="How many times faster than at Amazon tasks start, drain and stop.")
    ] = 1.0,
) -> None:
    """Play an ECS region on this machine until it is interrupted.

    The cluster `production` has the services web, api, ledger, billing, site (blue/green) and shop
    (canary, with a pause), all on 1.4.0. The tag decides how an image behaves: 1.4.1, 1.4.2 and 1.5.0
    are good, 1.5.0-crash exits, 1.5.0-unhealthy never becomes healthy, 1.5.0-slow takes long,
    1.5.0-noroom cannot be placed, and other tags do not exist.
    """
    if speed <= 0:
        raise typer.BadParameter(f"speed must be greater than 0, not {speed:g}", param_hint="--speed")
    stop_requested = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop_requested.set())
    sandbox = EcsSandbox(port=port, speed=speed)
    try:
        sandbox.start()
    except OSError as error:
        typer.echo(f"Port {port} cannot be used: {error}. Try --port 0 for a free one.", err=True)
        raise typer.Exit(2) from None
    try:
        typer.echo(
            INTRODUCTION.format(
                url=sandbox.url, speed=speed, region=REGION, cluster=CLUSTER, services=" ".join(SERVICE_NAMES)
            )
        )
        stop_requested.wait()
    finally:
        sandbox.stop()


if __name__ == "__main__":
    typer.run(serve)
