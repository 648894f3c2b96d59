"""The button on a refusal to approve: it asks the approvers in the deploy's thread, at most once in ten
minutes for one deploy."""

from __future__ import annotations

from deploys.access_rules import Action
from deploys.buttons.button import Button, ButtonPress, button_value, find_deploy, parse_button_value
from deploys.buttons.repeat_request import find_refused, take_refused
from deploys.deploy_text import name_in_sentence, status_text
from deploys.errors import AskedLately, ChoiceGone, QuestionClosed
from deploys.mrkdwn import mention, mentions
from deploys.pauses import latest_pause_number, unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.refused_request import RefusedRequest
from deploys.records.thread_messages import QuestionKind, QuestionRef, ThreadMessageKind
from deploys.stores import redis_keys

ASK_APPROVER = "refused:ask-approver"
SECONDS_BETWEEN = 600


def ask_approver_button(refused: RefusedRequest) -> Button | None:
    """None unless a button of a deploy was refused, and services.yml names somebody else."""
    if not refused.action_id or "<" not in refused.facts.get("approvers", ""):
        return None
    return Button(ASK_APPROVER, "Ask an approver", button_value(refused.id), style="primary")


def handle(press: ButtonPress) -> str:
    """Has the thread mention those who may decide, as services.yml names them now.

    Raises:
        QuestionClosed: the deploy waits for nobody any more.
        AskedLately, ChoiceGone, ChoiceOfAnother, CommandTooLate, UnknownDeploy, and what `Access.may` raises.
    """
    value = parse_button_value(find_refused(press).value)
    if value is None:
        raise ChoiceGone()
    deploy = find_deploy(value.deploy_id, press.context)
    press.context.access.may(Action.SEE, press.actor.asker, deploy.service.name)
    people = press.context.access.approvers_of(deploy)
    _refuse_unless_asking(deploy)
    press.actor.refuse_if_late()
    redis = press.context.store.redis
    if not redis.set(redis_keys.asked_lately(deploy.id), "", ex=SECONDS_BETWEEN, nx=True):
        raise AskedLately(minutes=SECONDS_BETWEEN // 60)
    take_refused(press)

    def ask(deploy: Deploy) -> Deploy:
        _refuse_unless_asking(deploy)
        who = mention(press.actor.user)
        text = f"{mentions(people)}: {who} asks for a decision about {name_in_sentence(deploy)}."
        now, question = press.context.now(), _open_question(deploy)
        return deploy.with_message(now, ThreadMessageKind.QUESTION, text, question=question)

    press.context.store.amend(deploy.id, ask, by=press.actor.user, what="approvers asked")
    press.context.jobs.publish()
    return f"Asked {mentions(people)} in {press.context.threads.link(deploy.thread_id)}."


def _open_question(deploy: Deploy) -> QuestionRef:
    if deploy.phase is Phase.AWAITING_APPROVAL:
        return QuestionRef(kind=QuestionKind.APPROVAL, number=deploy.approval.question)
    return QuestionRef(kind=QuestionKind.PAUSE, number=latest_pause_number(deploy))


def _refuse_unless_asking(deploy: Deploy) -> None:
    if deploy.phase is not Phase.AWAITING_APPROVAL and unanswered_pause(deploy) is None:
        raise QuestionClosed(state=status_text(deploy))
