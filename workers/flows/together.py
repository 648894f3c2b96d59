"""Deploys that were asked for at once: who waits for whom, and who is left alone.

That is asked before each step until the first change. What has begun is finished as if it were alone, since
leaving it halfway would help nobody. A deploy that was cancelled, rejected, superseded or has expired counts
as a failure here.

One that waits for its turn keeps its place in its service's line, so others of that service wait behind it.
As a batch enters all lines in one script, waiting always leads to what was asked for earlier, or stands
earlier in the batch: two batches cannot lock each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deploys.batch import LeftAlone, WaitsFor, bidden
from deploys.deploy import Deploy, Outcome, Phase
from workers.flows.ending import end
from workers.flows.words import endings, together
from workers.turn import Next, Turn

POLL_SECONDS = 15.0
"""Between two looks at the others (seconds). They ring when they end; this is the safety net for a ring that
came while the deploy was looking."""
BEFORE_THE_FIRST_CHANGE = frozenset(
    {Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.REGISTERING}
)

Step = Callable[[Deploy, Turn], Next]


def minding_the_others(step: Step) -> Step:
    """The step, for a deploy that its batch allows to take it."""

    def taken(deploy: Deploy, turn: Turn) -> Next:
        company = turn.company()
        if company is None or deploy.cancel:
            return step(deploy, turn)
        match bidden(*company, deploy):
            case LeftAlone(other):
                return _leave_alone(deploy, turn, other)
            case WaitsFor() if deploy.phase is Phase.WAITING:
                return Next(deploy, after=POLL_SECONDS)
        return _looking_again(step(deploy, turn))

    return taken


def _leave_alone(deploy: Deploy, turn: Turn, other: Deploy) -> Next:
    """Said in the thread alone: the channel has heard of the failure itself."""
    reason = together.left_alone(other)
    told = deploy.evolve(reason=reason)
    return end(told, turn, Outcome.REFUSED, endings.refused(reason), quiet=True)


def _looking_again(left: Next) -> Next:
    if left.deploy.phase in BEFORE_THE_FIRST_CHANGE and left.after > POLL_SECONDS:
        return replace(left, after=POLL_SECONDS)
    return left
