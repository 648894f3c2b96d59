"""The buttons on Slack messages, one file each: id, label, confirmation, and what a press does.

Workers put them on cards and messages, the bot handles presses; both read the same file.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploys.buttons import (
    approve,
    ask_approver,
    ask_holder,
    ask_somebody,
    break_lock,
    cancel,
    cancel_batch,
    continue_rollout,
    deploy_others,
    follow,
    instead_of_refused,
    likely_tag,
    override_freeze,
    override_refused,
    queue_behind_lock,
    reject,
    replace_waiting,
    resume_all,
    roll_back,
    roll_back_to,
    run_asked,
    run_instead,
    scale_to_zero,
    send_again,
    suggested_name,
    unlock,
)
from deploys.buttons.approve import APPROVE, approve_button
from deploys.buttons.ask_approver import ASK_APPROVER
from deploys.buttons.ask_holder import ASK_HOLDER
from deploys.buttons.ask_somebody import ASK_SOMEBODY
from deploys.buttons.break_lock import BREAK_LOCK
from deploys.buttons.button import (
    MORE,
    AskReason,
    Button,
    ButtonHandler,
    ButtonPress,
    ButtonValue,
    ReasonQuestion,
    base_action_id,
    button_value,
    numbered_action_id,
    parse_button_value,
)
from deploys.buttons.cancel import CANCEL, cancel_button, cancel_choice_button
from deploys.buttons.cancel_batch import CANCEL_BATCH, cancel_batch_button, cancel_batch_choice_button
from deploys.buttons.continue_rollout import CONTINUE, continue_button
from deploys.buttons.deploy_others import DEPLOY_OTHERS
from deploys.buttons.follow import FOLLOW, follow_button
from deploys.buttons.instead_of_refused import INSTEAD, instead_batch_button, instead_button
from deploys.buttons.likely_tag import LIKELY_TAG, likely_tag_batch_button, likely_tag_button
from deploys.buttons.override_freeze import OVERRIDE_FREEZE, override_freeze_button
from deploys.buttons.override_refused import OVERRIDE_REFUSED
from deploys.buttons.queue_behind_lock import QUEUE_BEHIND_LOCK
from deploys.buttons.reject import REJECT, reject_button
from deploys.buttons.replace_waiting import REPLACE_WAITING
from deploys.buttons.resume_all import RESUME_ALL, resume_all_button
from deploys.buttons.roll_back import ROLL_BACK, roll_back_button
from deploys.buttons.roll_back_to import ROLL_BACK_TO, roll_back_to_button
from deploys.buttons.run_asked import RUN_ASKED, run_asked_button
from deploys.buttons.run_instead import RUN_INSTEAD
from deploys.buttons.scale_to_zero import SCALE_TO_ZERO
from deploys.buttons.send_again import SEND_AGAIN
from deploys.buttons.suggested_name import SUGGESTED_NAME
from deploys.buttons.unlock import UNLOCK, break_this_lock_button, unlock_button

__all__ = [
    "APPROVE",
    "ASK_APPROVER",
    "ASK_HOLDER",
    "ASK_SOMEBODY",
    "BREAK_LOCK",
    "CANCEL",
    "CANCEL_BATCH",
    "CONTINUE",
    "DEPLOY_OTHERS",
    "FOLLOW",
    "HANDLERS",
    "INSTEAD",
    "LIKELY_TAG",
    "MORE",
    "OVERRIDE_FREEZE",
    "OVERRIDE_REFUSED",
    "QUESTION_BUTTONS",
    "QUEUE_BEHIND_LOCK",
    "REASON_QUESTIONS",
    "REJECT",
    "REPLACE_WAITING",
    "RESUME_ALL",
    "ROLL_BACK",
    "ROLL_BACK_TO",
    "RUN_ASKED",
    "RUN_INSTEAD",
    "SCALE_TO_ZERO",
    "SEND_AGAIN",
    "SUGGESTED_NAME",
    "UNLOCK",
    "Button",
    "ButtonPress",
    "ButtonValue",
    "ReasonQuestion",
    "approve_button",
    "base_action_id",
    "break_this_lock_button",
    "button_value",
    "cancel_batch_button",
    "cancel_batch_choice_button",
    "cancel_button",
    "cancel_choice_button",
    "continue_button",
    "follow_button",
    "instead_batch_button",
    "instead_button",
    "likely_tag_batch_button",
    "likely_tag_button",
    "numbered_action_id",
    "override_freeze_button",
    "parse_button_value",
    "reject_button",
    "resume_all_button",
    "roll_back_button",
    "roll_back_to_button",
    "run_asked_button",
    "unlock_button",
]

HANDLERS: Mapping[str, ButtonHandler] = {
    APPROVE: approve.handle,
    REJECT: reject.handle,
    CANCEL: cancel.handle,
    CANCEL_BATCH: cancel_batch.handle,
    CONTINUE: continue_rollout.handle,
    ROLL_BACK: roll_back.handle,
    ROLL_BACK_TO: roll_back_to.handle,
    UNLOCK: unlock.handle,
    RESUME_ALL: resume_all.handle,
    FOLLOW: follow.handle,
    LIKELY_TAG: likely_tag.handle,
    INSTEAD: instead_of_refused.handle,
    OVERRIDE_FREEZE: override_freeze.handle,
    OVERRIDE_REFUSED: override_refused.handle,
    REPLACE_WAITING: replace_waiting.handle,
    ASK_APPROVER: ask_approver.handle,
    DEPLOY_OTHERS: deploy_others.handle,
    ASK_HOLDER: ask_holder.handle,
    QUEUE_BEHIND_LOCK: queue_behind_lock.handle,
    BREAK_LOCK: break_lock.handle,
    ASK_SOMEBODY: ask_somebody.handle,
    RUN_ASKED: run_asked.handle,
    RUN_INSTEAD: run_instead.handle,
    SCALE_TO_ZERO: scale_to_zero.handle,
    SEND_AGAIN: send_again.handle,
    SUGGESTED_NAME: suggested_name.handle,
}
"""What a press of each button does, by action id."""
REASON_QUESTIONS: Mapping[str, AskReason] = {
    OVERRIDE_FREEZE: override_freeze.ask_reason,
    OVERRIDE_REFUSED: override_refused.ask_reason,
    RUN_ASKED: run_asked.ask_reason,
}
"""What a modal asks if a press is refused with `ReasonMissing`, by action id."""
QUESTION_BUTTONS = frozenset({APPROVE, REJECT, CONTINUE, ROLL_BACK})
"""The buttons of a question: without them nobody can answer it."""
