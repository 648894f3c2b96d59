"""The thread of deploys that were asked for at once: each one's replies in order, and a last one.

One worker at a time tells of all its deploys, under one lease. The ends of single ones mention nobody but for
the first failure, at once; the last reply mentions who asked. Each failure is shown in the channel, except
for those of deploys that were left alone because of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploys import batch as batches
from deploys.batch import Batch, first_failure
from deploys.deploy import Deploy, Milestone, MilestoneKind, Phase
from deploys.mrkdwn import code
from deploys.threads import ThreadView
from workers.thread import batch_card, buttons, likely_tag_button, opening, replies, requester, states
from workers.thread.batch_card import InLine
from workers.thread.card import Card
from workers.thread.lengths import clip
from workers.thread.subject import Missing, Refusal

REASON = 600
"""Characters of one service's reason, where all are refused."""


class SeveralDeploys:
    """A batch, and each of its deploys with those before it."""

    def __init__(self, batch: Batch, members: Sequence[InLine]) -> None:
        self._batch = batch
        self._members = members
        self._deploys = [deploy for deploy, _ in members]
        self.id = batch.id
        self.channel = batch.channel
        self.requester = batch.requester
        self.asked_in = batch.thread_ts
        self.answer_thread = None if batch.new_thread else batch.thread_ts
        self.outcome_at = batch_card.outcome_at(self._deploys)
        self.over = all(each.phase is Phase.ENDED for each in self._deploys)
        others = (each for _, ahead in members for each in ahead if each.batch != batch.id)
        self.opens_at = opening.opens_at(self._deploys, others)

    @property
    def refusal(self) -> Refusal | None:
        if not all(opening.refused_unplanned(each) for each in self._deploys):
            return None
        head = f"{states.OVER_SIGN} {batches.name(self._batch)}: *Refused*, nothing was changed."
        lines = [clip(f"• {code(each.service.name)}: {each.reason}", REASON) for each in self._deploys]
        buttons = likely_tag_button.row_for_all(self._batch, self._deploys)
        return Refusal("\n".join([head, *lines]), buttons)

    def card(self, now: float) -> Card:
        return batch_card.card(self._batch, self._members, now)

    def fingerprint(self) -> str:
        return batch_card.fingerprint(self._batch, self._members)

    def key(self) -> str:
        return "\n".join(states.key(each) for each in self._deploys)

    def urgent(self, shown: str) -> bool:
        before = shown.split("\n")
        return len(before) != len(self._deploys) or any(
            states.urgent(each, was) for each, was in zip(self._deploys, before, strict=True)
        )

    def asks(self, view: ThreadView) -> bool:
        open_ones = [value for each in self._deploys for value in buttons.question_values(each)]
        return not set(open_ones) <= set(view.asked)

    def unseen(self) -> Sequence[Deploy]:
        return [each for each in self._deploys if each.question_unseen]

    def runs_with_time(self) -> bool:
        return any(states.runs_with_time(each) for each in self._deploys)

    def missing(self, view: ThreadView) -> Sequence[Missing]:
        """Merged by time; the replies of one deploy keep their order, whatever the clocks of workers say."""
        heads = {each.id: self._of(each, view) for each in self._deploys}
        found: list[tuple[Milestone, Deploy]] = []
        while waiting := {key: next_ones for key, next_ones in heads.items() if next_ones}:
            first = min(waiting, key=lambda key: waiting[key][0][0].at)
            found.append(heads[first].pop(0))
        told = dict(view.told)
        shown: list[Missing] = []
        for milestone, deploy in found:
            told = {**told, deploy.id: told.get(deploy.id, 0) + 1}
            shown.append(
                Missing(self._reply(milestone, deploy), replies.urgent((milestone,)), {"told": told})
            )
        return [*shown, *self._closing(view, told)]

    def unreachable(self, error: str) -> str:
        return requester.unreachable_for_all(self._batch, error)

    def _of(self, deploy: Deploy, view: ThreadView) -> list[tuple[Milestone, Deploy]]:
        return [(each, deploy) for each in deploy.milestones[view.told.get(deploy.id, 0) :]]

    def _reply(self, milestone: Milestone, deploy: Deploy) -> replies.Reply:
        """The first failure calls whoever asked, unless the last reply does so at once."""
        loud = milestone.kind is MilestoneKind.END and milestone.broadcast
        calls = loud and deploy is first_failure(self._deploys) and self.outcome_at is None
        return replies.reply_of_several(milestone, deploy, mentioned=calls)

    def _closing(self, view: ThreadView, told: dict[str, int]) -> Iterator[Missing]:
        if self.outcome_at is not None and not view.told.get(self.id):
            reply = replies.Reply(batch_card.closing(self._batch, self._deploys), broadcast=False)
            yield Missing(reply, urgent=True, posted={"told": {**told, self.id: 1}})
