"""The thread of a batch: the replies of each deploy in order, and a last one for the batch.

One worker at a time writes for all its deploys, under one lease. The end of a single deploy mentions nobody,
except that the first failure mentions the requester at once; the last reply mentions the requester. Each
failure is also shown in the channel, except for deploys that were skipped because of another failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploys.mrkdwn import code
from deploys.queue_forecast import WaitingDeploy
from deploys.records import batch as batches
from deploys.records.batch import Batch, first_failure
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.records.thread_state import ThreadState
from deploys.text_limits import clip
from deploys.where_told import card_channel, channels_told, is_quiet_success
from workers.messages import elsewhere, unreachable_channel
from workers.thread import batch_card, card_buttons, card_state, thread_opening, thread_replies
from workers.thread.card import Card
from workers.thread.failure_edits import FailureEdit, RecentDeploys, failure_edits, no_recent
from workers.thread.thread_source import Alert, MissingReply, PrivateRefusal, is_quiet, missing_alerts

REASON_CHARACTERS = 600
"""Characters of one service's reason, if all are refused."""


class BatchThreadSource:
    """A batch, and each of its deploys with what it waits for."""

    def __init__(
        self,
        batch: Batch,
        members: Sequence[WaitingDeploy],
        stopped: StopAll | None = None,
        recent: RecentDeploys = no_recent,
    ) -> None:
        self._stopped = stopped
        self._recent = recent
        self._batch = batch
        self._members = members
        self._deploys = [each.deploy for each in members]
        self.id = batch.id
        self.channel = card_channel(self._deploys, batch.request)
        self.asked_in = batch.request.channel
        self.channels = {channel for each in self._deploys for channel in channels_told(each)}
        self.requester = batch.request.requester
        self.request_thread = batch.request.thread_ts
        self.private_thread = None if batch.request.new_thread else batch.request.thread_ts
        self.outcome_at = batch_card.batch_outcome_at(self._deploys)
        self.is_over = all(each.phase is Phase.ENDED for each in self._deploys)
        others = (other for each in members for other in each.ahead if other.batch_id != batch.id)
        self.opens_at = thread_opening.opens_at(self._deploys, others)
        starts = (each.forecast.starts_at for each in members if each.forecast)
        self.forecast_ends_at = min((at for at in starts if at is not None), default=None)

    @property
    def private_refusal(self) -> PrivateRefusal | None:
        if not all(thread_opening.is_refused_before_plan(each) for each in self._deploys):
            return None
        head = (
            f"{Outcome.REFUSED.facts.emoji} {batches.batch_name(self._batch)}: "
            "*Refused*, nothing was changed."
        )
        lines = [
            clip(f"• {code(each.service.name)}: {each.outcome_reason}", REASON_CHARACTERS)
            for each in self._deploys
        ]
        buttons = card_buttons.refused_batch_row(self._batch, self._deploys)
        return PrivateRefusal("\n".join([head, *lines]), buttons)

    def card(self, now: float) -> Card:
        return batch_card.batch_card(self._batch, self._members, now, self._stopped)

    def fingerprint(self) -> str:
        return batch_card.batch_fingerprint(self._batch, self._members, self._stopped)

    def state_key(self) -> str:
        return "\n".join(card_state.state_key(each) for each in self._deploys)

    def must_update_now(self, shown: str) -> bool:
        before = shown.split("\n")
        return len(before) != len(self._deploys) or any(
            card_state.must_update_now(each, was) for each, was in zip(self._deploys, before, strict=True)
        )

    def has_unshown_question(self, thread: ThreadState) -> bool:
        open_ones = [
            value
            for each in self._deploys
            for value in card_buttons.open_question_values(each, self._stopped)
        ]
        return not set(open_ones) <= set(thread.open_questions)

    def unshown_questions(self) -> Sequence[Deploy]:
        return [each for each in self._deploys if each.question_not_shown]

    def changes_with_time(self) -> bool:
        return any(card_state.changes_with_time(each) for each in self._deploys)

    def missing_replies(self, thread: ThreadState) -> Sequence[MissingReply]:
        """Merged by time. The replies of one deploy keep their order, even if the workers' clocks differ."""
        heads = {each.id: self._unposted(each, thread) for each in self._deploys}
        found: list[tuple[ThreadMessage, Deploy]] = []
        while waiting := {key: next_ones for key, next_ones in heads.items() if next_ones}:
            first = min(waiting, key=lambda key: waiting[key][0][0].at)
            found.append(heads[first].pop(0))
        posted = dict(thread.replies_posted)
        missing: list[MissingReply] = []
        for message, deploy in found:
            posted = {**posted, deploy.id: posted.get(deploy.id, 0) + 1}
            missing.append(
                MissingReply(
                    None if is_quiet(message, deploy) else self._reply_for(message, deploy),
                    thread_replies.is_urgent((message,)),
                    {"replies_posted": posted},
                )
            )
        return [*missing, *self._closing_reply(thread, posted)]

    def question_edits(self, thread: ThreadState) -> Sequence[thread_replies.QuestionEdit]:
        return thread_replies.question_edits(thread, self._deploys, self._reply_for)

    def alerts(self, thread: ThreadState) -> Sequence[Alert]:
        return [alert for each in self._deploys for alert in missing_alerts(each, thread)]

    def failure_edits(self, thread: ThreadState) -> Sequence[FailureEdit]:
        return failure_edits(thread, self._deploys, self._recent, self._reply_for)

    def link_text(self, permalink: str) -> str:
        return elsewhere.link_to_batch(self._batch, self._deploys, permalink)

    def unreachable_text(self, error: str) -> str:
        return unreachable_channel.channel_unreachable_for_batch(self._batch, error)

    def _unposted(self, deploy: Deploy, thread: ThreadState) -> list[tuple[ThreadMessage, Deploy]]:
        return [(each, deploy) for each in deploy.thread_messages[thread.replies_posted.get(deploy.id, 0) :]]

    def _reply_for(self, message: ThreadMessage, deploy: Deploy) -> thread_replies.ThreadReply:
        """The first failure mentions the requester, unless the last reply does so right after."""
        is_broadcast_end = message.kind is ThreadMessageKind.END and message.broadcast
        mentioned = is_broadcast_end and deploy is first_failure(self._deploys) and self.outcome_at is None
        return thread_replies.batch_reply(message, deploy, mentioned=mentioned)

    def _closing_reply(self, thread: ThreadState, posted: dict[str, int]) -> Iterator[MissingReply]:
        if all(is_quiet_success(each) for each in self._deploys):
            return
        if self.outcome_at is not None and not thread.replies_posted.get(self.id):
            reply = thread_replies.ThreadReply(
                batch_card.closing_reply(self._batch, self._deploys), broadcast=False
            )
            yield MissingReply(reply, urgent=True, thread_changes={"replies_posted": {**posted, self.id: 1}})
