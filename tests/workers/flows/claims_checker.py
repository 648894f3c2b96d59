"""Compares what a deploy claims with the state inside the sandbox's ECS, which the product cannot read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from workers.flows.own_revisions import rollback_revision
from workers.flows.stopped_service.restore_tags import TAG_KEYS
from workers.thread.card import deploy_card
from workers.thread.card_state import state_text

RECENT_SECONDS = 15.0
"""A claim may be this old (seconds): Slipway needs two reads that agree, and reads tasks last."""
END_MESSAGE_STARTS = {
    Outcome.SUCCEEDED: "*Succeeded",
    Outcome.ROLLED_BACK: "*Rolled back* to ",
    Outcome.FAILED: "*Failed*",
    Outcome.SUPERSEDED: "*Superseded*",
    Outcome.CANCELLED: "",
    Outcome.REFUSED: "*Refused*, ",
}


@dataclass(frozen=True)
class ServiceSnapshot:
    """The state of the service at one moment."""

    at: float
    primary: str
    revision: str
    rollout_completed: bool
    desired: int
    running: Counter[str]
    """RUNNING tasks by deployment. The next field counts those that are not STOPPED yet."""
    alive: Counter[str]

    def is_running(self, deployment: str) -> bool:
        """Whether this deployment is PRIMARY and completed, and all of its tasks run."""
        full = self.running[deployment] >= self.desired > 0
        return self.primary == deployment and self.rollout_completed and full


class ClaimsChecker:
    """Records the state of the service over time, and compares a deploy's claims with it."""

    def __init__(self, harness: EngineHarness, service: str) -> None:
        self._harness = harness
        self._service = service
        self._snapshots: list[ServiceSnapshot] = []

    def take_snapshot(self) -> None:
        with self._harness.ecs.region.hold_time() as region:
            tables = region.tables
            service = next(each for each in tables.services.values() if each.name == self._service)
            primary = tables.primary_of(service.arn)
            assert primary is not None
            tasks = tables.tasks_of(service.arn)
            self._snapshots.append(
                ServiceSnapshot(
                    at=region.now,
                    primary=primary.id,
                    revision=primary.task_definition,
                    rollout_completed=primary.rollout_state == "COMPLETED",
                    desired=service.desired_count,
                    running=Counter(str(task.deployment) for task in tasks if task.is_running),
                    alive=Counter(str(task.deployment) for task in tasks if not task.is_stopped),
                )
            )

    def false_claims(self, deploy: Deploy) -> list[str]:
        """The claims of a deploy's end message that are false. Call it right after the deploy ended."""
        self.take_snapshot()
        end_messages = [each.text for each in deploy.thread_messages if each.kind is ThreadMessageKind.END]
        if len(end_messages) != 1 or deploy.outcome is None:
            return [f"it ends {len(end_messages)} times"]
        found = self._check_outcome(deploy, end_messages[0])
        if not end_messages[0].startswith(END_MESSAGE_STARTS[deploy.outcome]):
            found.append(f"{deploy.outcome.value} is told as: {end_messages[0]}")
        if state_text(deploy) not in deploy_card(deploy, (), self._harness.ecs.now()).text:
            found.append(f"the card does not say {state_text(deploy)}")
        return found

    def _check_outcome(self, deploy: Deploy, text: str) -> list[str]:
        touched = deploy.ecs.update_tried or deploy.stop.requested_at is not None
        if deploy.outcome is Outcome.SUCCEEDED:
            return self._check_success(deploy, text)
        if deploy.outcome is Outcome.ROLLED_BACK or (deploy.outcome is Outcome.CANCELLED and touched):
            back = [
                m
                for m in self._recent_snapshots()
                if m.revision == rollback_revision(deploy) and m.is_running(m.primary)
            ]
            return [] if back else [f"it is not back: {text}"]
        if deploy.outcome is Outcome.REFUSED and touched:
            return [f"something was changed: {text}"]
        if deploy.outcome is Outcome.SUPERSEDED and self._snapshots[-1].is_running(
            deploy.ecs.deployment_id or ""
        ):
            return [f"ours has the service: {text}"]
        return []

    def _check_success(self, deploy: Deploy, text: str) -> list[str]:
        ours = deploy.ecs.deployment_id or ""
        if deploy.rollout.changed_since:
            now = self._snapshots[-1]
            return [f"ours runs: {text}"] if now.is_running(ours) else []
        runs = [moment for moment in self._recent_snapshots() if moment.is_running(ours)]
        if not runs:
            return [f"it does not run: {text}"]
        count = re.search(r"(\d+) (of \d+ )?(?:new )?tasks? running", text)
        if count is None or int(count[1]) not in [
            moment.running[ours] for moment in self._recent_snapshots()
        ]:
            return [f"so many do not run: {text}"]
        stopped = "all old tasks have stopped" in text.lower()
        if stopped and all(moment.alive.total() > moment.alive[ours] for moment in self._recent_snapshots()):
            return [f"old tasks are alive: {text}"]
        return []

    def _recent_snapshots(self) -> list[ServiceSnapshot]:
        since = self._snapshots[-1].at - RECENT_SECONDS
        return [moment for moment in self._snapshots if moment.at >= since]

    def find_leftovers(self, deploy: Deploy) -> list[str]:
        """What is left although it should be gone once the deploy has ended and settled."""
        texts = [milestone.text for milestone in deploy.thread_messages]
        twice = {text for text in texts if texts.count(text) > 1}
        tags = self._harness.ecs.state()["services"][self._service]["tags"]
        marks = sorted(set(TAG_KEYS) & set(tags))
        ended = deploy.phase is Phase.ENDED
        return [
            *self._harness.leftover_keys(),
            *marks,
            *sorted(twice),
            *([] if ended else [deploy.phase.value]),
        ]
