"""Runs the checks one after the other, each for a limited time. A check that fails ends no other."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from time import monotonic

from deploys.errors import SlipwayError
from deploys.mrkdwn import plain_text
from deploys.slack_errors import exception_reason
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, NamedCheck, NotChecked, error, skipped


def run_checks(checks: Iterable[NamedCheck], context: DoctorContext) -> Iterator[tuple[NamedCheck, Finding]]:
    """Each finding as soon as it is known."""
    for check in checks:
        for finding in _run_within_time(check, context):
            yield check, finding


def _run_within_time(check: NamedCheck, context: DoctorContext) -> Iterator[Finding]:
    """A check that hangs is left behind in its thread, which does not keep the process from ending."""
    found: SimpleQueue[Finding | None] = SimpleQueue()
    until = monotonic() + check.seconds
    threading.Thread(target=_run, args=(check, context, found), name=check.name, daemon=True).start()
    while True:
        try:
            finding = found.get(timeout=max(0.0, until - monotonic()))
        except Empty:
            yield error(
                f"The check `{check.name}` did not end in time ({check.seconds:g} s).",
                "Something answers too slowly: the network, or what it asks. Run `slipway doctor` again.",
            )
            return
        if finding is None:
            return
        yield finding


def _run(check: NamedCheck, context: DoctorContext, found: SimpleQueue[Finding | None]) -> None:
    try:
        for finding in check.run(context):
            found.put(finding)
    except NotChecked as missing:
        found.put(skipped(str(missing)))
    except SlipwayError as problem:
        found.put(error(plain_text(problem.message), "Fix that, and run `slipway doctor` again."))
    except Exception as problem:  # noqa: BLE001 - the other checks go on, whatever it is
        found.put(
            error(
                f"The check `{check.name}` itself failed: {type(problem).__name__}: "
                f"{exception_reason(problem)}",
                "This is a mistake in Slipway: report it with this line. The other checks go on.",
            )
        )
    finally:
        found.put(None)
