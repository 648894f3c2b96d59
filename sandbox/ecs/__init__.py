"""An ECS region on this machine: moto in server mode, whose ECS has a real service scheduler here.

with EcsSandbox(speed=10) as ecs:
    ecs.client("ecs").update_service(cluster="production", service="web", forceNewDeployment=True)
"""

import sandbox.ecs.moto_slim  # noqa: F401 - before anything imports moto

# isort: split

from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.clock import ManualClock
from sandbox.ecs.durations import Durations
from sandbox.ecs.sandbox import EcsSandbox

__all__ = ["ACCOUNT", "REGION", "Durations", "EcsSandbox", "ManualClock"]
