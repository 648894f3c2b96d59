"""With which code a command ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deploys.records.phases import Outcome

DONE = 0
REFUSED = 1
COULD_NOT_ASK = 2
UNKNOWN = 9
TIME_IS_UP = 124
"""As of `timeout` (GNU coreutils)."""
INTERRUPTED = 130
"""As of a shell's command that Ctrl-C ends."""

OUTCOMES: Mapping[Outcome, int] = {
    Outcome.FAILED: 4,
    Outcome.ROLLED_BACK: 3,
    Outcome.SUPERSEDED: 5,
    Outcome.EXPIRED: 8,
    Outcome.REJECTED: 7,
    Outcome.CANCELLED: 6,
    Outcome.REFUSED: REFUSED,
    Outcome.SUCCEEDED: DONE,
}
"""With `--wait`: by how the deploy ended. Of several deploys the first in this order counts."""

MEANINGS: Mapping[int, str] = {
    DONE: "done, answered, or queued; with --wait: succeeded",
    REFUSED: "refused: nothing was changed",
    COULD_NOT_ASK: "wrong words or settings, or Redis does not answer: nothing was asked",
    3: "--wait: rolled back",
    4: "--wait: failed, and what ran before could not be brought back",
    5: "--wait: superseded by somebody else's deployment",
    6: "--wait: cancelled",
    7: "--wait: rejected",
    8: "--wait: expired, as nobody decided in time",
    UNKNOWN: "nobody knows: Redis was lost, or no worker answered",
    TIME_IS_UP: "--wait: not over within --timeout; it goes on",
    INTERRUPTED: "Ctrl-C; a deploy goes on",
}
"""What each code means."""


def code_of(outcomes: Iterable[Outcome | None]) -> int:
    """The code for deploys that ended so."""
    ended = set(outcomes)
    return next((code for outcome, code in OUTCOMES.items() if outcome in ended), UNKNOWN)
