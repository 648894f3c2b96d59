"""Runs the demo: in the browser until Ctrl-C, or one command in the terminal."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from rich.console import Console

from slipway.demo.demo_environment import start_demo
from slipway.demo.process_group import DemoFailed
from slipway.demo.terminal_run import run_to_end
from slipway.demo.things_to_try import numbered

COULD_NOT_RUN = 2
CHECK_SECONDS = 1.0
"""Seconds between two checks that every process still runs."""


def run_in_browser(stop: threading.Event, *, speed: float, mode: str, console: Console) -> int:
    """Starts the demo, prints the address of its page and waits for Ctrl-C. Returns the exit code."""
    console.print("Starting Slipway, a Slack workspace and an ECS region on this machine ...")
    try:
        with start_demo(speed=speed, mode=mode) as demo:
            console.print(
                f"\nOpen [bold]{demo.page_url}[/bold] in a browser, and in #deploys:", highlight=False
            )
            console.print(f"\n{numbered()}\n", highlight=False, markup=False)
            console.print(
                f"ECS runs {speed:g} times faster than Amazon's. Logs: {demo.logs}", highlight=False
            )
            console.print("Press Ctrl-C to end it.")
            while not stop.wait(CHECK_SECONDS):
                demo.processes.check_running()
    except KeyboardInterrupt:
        pass
    except DemoFailed as error:
        return _report_failure(error)
    console.print("\nEnded.")
    return 0


def run_in_terminal(
    typed: Sequence[tuple[str, str]], *, approver: str | None, speed: float, mode: str, console: Console
) -> int:
    """Runs the commands, each with who types it, one after the other, and ends the demo. Returns the highest
    exit code."""
    try:
        with start_demo(speed=speed, mode=mode) as demo:
            return max(
                run_to_end(demo, command, user=user, approver=approver, console=console)
                for user, command in typed
            )
    except KeyboardInterrupt:
        return COULD_NOT_RUN
    except DemoFailed as error:
        return _report_failure(error)


def _report_failure(error: DemoFailed) -> int:
    Console(stderr=True).print(f"The demo could not run: {error}", markup=False, highlight=False)
    return COULD_NOT_RUN
