"""What ECS knows of a service, read inside the sandbox where the product cannot look; what a deploy says."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase
from tests.workers.yard import Yard
from workers.flows.ending import old_revision
from workers.flows.marks import KEYS
from workers.thread.card import card
from workers.thread.states import state

RECENT_SECONDS = 15.0
"""What was so within this time may be said: two looks have to agree, and task records are read last."""
FIRST_WORDS = {
    Outcome.SUCCEEDED: "*Succeeded",
    Outcome.ROLLED_BACK: "*Rolled back* to ",
    Outcome.FAILED: "*Failed*",
    Outcome.SUPERSEDED: "*Superseded*",
    Outcome.CANCELLED: "",
    Outcome.REFUSED: "*Refused*, ",
}


@dataclass(frozen=True)
class Moment:
    """The service as it was."""

    at: float
    primary: str
    revision: str
    completed: bool
    desired: int
    running: Counter[str]
    """Tasks that are RUNNING, by deployment; likewise those that have not STOPPED."""
    alive: Counter[str]

    def runs(self, deployment: str) -> bool:
        """Whether it has the service, and the full count of its tasks is there."""
        full = self.running[deployment] >= self.desired > 0
        return self.primary == deployment and self.completed and full


class Witness:
    """Remembers how the service was, and compares what is said with it."""

    def __init__(self, yard: Yard, service: str) -> None:
        self._yard = yard
        self._service = service
        self._moments: list[Moment] = []

    def look(self) -> None:
        with self._yard.ecs.region.moment() as region:
            tables = region.tables
            service = next(each for each in tables.services.values() if each.name == self._service)
            primary = tables.primary_of(service.arn)
            assert primary is not None
            tasks = tables.tasks_of(service.arn)
            self._moments.append(
                Moment(
                    at=region.now,
                    primary=primary.id,
                    revision=primary.task_definition,
                    completed=primary.rollout_state == "COMPLETED",
                    desired=service.desired_count,
                    running=Counter(str(task.deployment) for task in tasks if task.running),
                    alive=Counter(str(task.deployment) for task in tasks if not task.gone),
                )
            )

    def lies(self, deploy: Deploy) -> list[str]:
        """What of a deploy's last words is not so, when they have just been said."""
        self.look()
        told = [each.text for each in deploy.milestones if each.kind is MilestoneKind.END]
        if len(told) != 1 or deploy.outcome is None:
            return [f"it ends {len(told)} times"]
        found = self._by_outcome(deploy, told[0])
        if not told[0].startswith(FIRST_WORDS[deploy.outcome]):
            found.append(f"{deploy.outcome.value} is told as: {told[0]}")
        if state(deploy) not in card(deploy, (), self._yard.ecs.now()).text:
            found.append(f"the card does not say {state(deploy)}")
        return found

    def _by_outcome(self, deploy: Deploy, text: str) -> list[str]:
        touched = deploy.update_tried or deploy.stop_requested_at is not None
        if deploy.outcome is Outcome.SUCCEEDED:
            return self._of_success(deploy, text)
        if deploy.outcome is Outcome.ROLLED_BACK or (deploy.outcome is Outcome.CANCELLED and touched):
            back = [m for m in self._recent() if m.revision == old_revision(deploy) and m.runs(m.primary)]
            return [] if back else [f"it is not back: {text}"]
        if deploy.outcome is Outcome.REFUSED and touched:
            return [f"something was changed: {text}"]
        if deploy.outcome is Outcome.SUPERSEDED and self._moments[-1].runs(deploy.deployment_id or ""):
            return [f"ours has the service: {text}"]
        return []

    def _of_success(self, deploy: Deploy, text: str) -> list[str]:
        ours = deploy.deployment_id or ""
        if deploy.aftermath:
            now = self._moments[-1]
            return [f"ours runs: {text}"] if now.runs(ours) else []
        runs = [moment for moment in self._recent() if moment.runs(ours)]
        if not runs:
            return [f"it does not run: {text}"]
        count = re.search(r"(\d+) (of \d+ )?(?:new )?tasks? running", text)
        if count is None or int(count[1]) not in [moment.running[ours] for moment in self._recent()]:
            return [f"so many do not run: {text}"]
        stopped = "all old tasks have stopped" in text.lower()
        if stopped and all(moment.alive.total() > moment.alive[ours] for moment in self._recent()):
            return [f"old tasks are alive: {text}"]
        return []

    def _recent(self) -> list[Moment]:
        since = self._moments[-1].at - RECENT_SECONDS
        return [moment for moment in self._moments if moment.at >= since]

    def left_behind(self, deploy: Deploy) -> list[str]:
        """What should not be there once it has ended and settled."""
        texts = [milestone.text for milestone in deploy.milestones]
        twice = {text for text in texts if texts.count(text) > 1}
        tags = self._yard.ecs.state()["services"][self._service]["tags"]
        marks = sorted(set(KEYS) & set(tags))
        ended = deploy.phase is Phase.ENDED
        return [*self._yard.leftovers(), *marks, *sorted(twice), *([] if ended else [deploy.phase.value])]
