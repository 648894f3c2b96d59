"""Several deploys that were asked for at once: `/deploy web,api 1.4.2`, or a group of services.yml.

A batch says what was asked for and never changes. Its state is always read from its deploys; each of them has
its own queue, lease, steps and outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploys.deploy_text import TextStyle
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.record import StoredRecord
from deploys.records.request import DeployRequest

MAX_SERVICES = 20
"""Services deployed at once (count). One card shows them all: Slack takes 50 blocks a message."""


class Batch(StoredRecord):
    """What was asked for at once."""

    id: str
    name: str
    """`web,api` as it was typed, or the name of the group."""
    is_group: bool = False
    tag: str
    deploys: tuple[str, ...]
    """Ids of its deploys, in order."""
    in_order: bool = False
    """Each begins when the one before it has ended."""
    stop_on_first_failure: bool = False
    """Once one did not succeed, those that have not begun are skipped."""
    request: DeployRequest

    @property
    def coordinated(self) -> bool:
        """Whether its deploys depend on one another."""
        return self.in_order or self.stop_on_first_failure


@dataclass(frozen=True)
class WaitsFor:
    """The deploy must not begin before the other has ended."""

    other: Deploy


@dataclass(frozen=True)
class Skipped:
    """The deploy must not begin, because the other did not succeed."""

    other: Deploy


def check_batch_order(batch: Batch, members: Sequence[Deploy], deploy: Deploy) -> WaitsFor | Skipped | None:
    """What its batch means for a deploy that has changed nothing yet; None: it may go on. Pure."""
    others = [each for each in members if each.id != deploy.id]
    if batch.stop_on_first_failure and (failed := first_failure(others)):
        return Skipped(failed)
    if batch.in_order and (before := open_before(batch, members, deploy)):
        return WaitsFor(before[-1])
    return None


def first_failure(deploys: Sequence[Deploy]) -> Deploy | None:
    """Of those that ended without success the one that ended first."""
    failed = [each for each in deploys if each.outcome not in (None, Outcome.SUCCEEDED)]
    return min(failed, key=lambda each: each.ended_at or 0.0, default=None)


def common_likely_tag(deploys: Sequence[Deploy]) -> str:
    """The tag that was likely meant for all of them (`Deploy.likely_tags`); empty if there is none."""
    likely = {each.refusal.likely_tags[0] for each in deploys if each.refusal.likely_tags}
    return likely.pop() if len(likely) == 1 else ""


def batch_name(batch: Batch, mark: TextStyle = code) -> str:
    """`web,api` `1.4.2`, in a list or a sentence."""
    return f"{mark(batch.name)} {mark(batch.tag)}"


def open_before(batch: Batch, members: Sequence[Deploy], deploy: Deploy) -> list[Deploy]:
    """Those before it that have not ended, in order. One with an outcome may still be settling."""
    earlier = batch.deploys[: batch.deploys.index(deploy.id)]
    open_ones = [each for each in members if each.id in earlier and each.phase is not Phase.ENDED]
    return sorted(open_ones, key=lambda each: batch.deploys.index(each.id))
