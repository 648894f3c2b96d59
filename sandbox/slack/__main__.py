"""`python -m sandbox.slack`: runs only the played Slack, until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from sandbox.slack.routes import build_application
from sandbox.slack.sandbox import build_server, listening_socket
from sandbox.slack.slack_limits import RateLimits, SlackTimeouts
from sandbox.slack.team.app_manifest import ManifestError, read_manifest
from sandbox.slack.team.installation import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, AppInstallation
from sandbox.slack.workspace_state import ExampleText, build_state


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM or Ctrl-C. Returns 0, or 2 if it could not start."""
    options = _argument_parser().parse_args(arguments)
    try:
        installation = AppInstallation(
            read_manifest(options.manifest), options.bot_token, options.app_token, options.signing_secret
        )
        listening = listening_socket(options.port)
    except ManifestError as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as problem:
        print(f"Port {options.port} cannot be used: {problem.strerror}.", file=sys.stderr)  # noqa: T201
        return 2
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    limits = RateLimits(not options.no_rate_limits, options.rate_factor)
    examples = tuple(ExampleText(*each) for each in options.example)
    state = build_state(url, installation, SlackTimeouts(), limits, examples)
    server = build_server(build_application(state))
    print(_startup_message(url, installation), flush=True)  # noqa: T201
    # uvicorn stops on SIGTERM and Ctrl-C and then sends itself the signal again, which must do nothing here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    server.run(sockets=[listening])
    return 0


def _startup_message(url: str, installation: AppInstallation) -> str:
    return "\n".join(
        [
            f"# {installation.manifest.name} in a Slack workspace on this machine: {url}",
            f"SLACK_API_URL={url}api/",
            f"SLACK_BOT_TOKEN={installation.bot_token}",
            f"SLACK_APP_TOKEN={installation.app_token}",
            f"SLACK_SIGNING_SECRET={installation.signing_secret}",
        ]
    )


def _argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m sandbox.slack", description="Plays a Slack workspace on 127.0.0.1."
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.yml"), help="the app's manifest")
    parser.add_argument("--no-rate-limits", action="store_true", help="answer no call with HTTP 429")
    parser.add_argument(
        "--rate-factor", type=float, default=1.0, help="2 allows twice the calls of Slack's rates"
    )
    parser.add_argument(
        "--example",
        nargs=2,
        metavar=("TEXT", "NOTE"),
        action="append",
        default=[],
        help="a text that the page offers to try, and what it shows; may be given several times",
    )
    parser.add_argument("--bot-token", default=BOT_TOKEN)
    parser.add_argument("--app-token", default=APP_TOKEN)
    parser.add_argument("--signing-secret", default=SIGNING_SECRET)
    return parser


if __name__ == "__main__":
    sys.exit(main())
