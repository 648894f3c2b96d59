"""A cancel is checked again when it takes effect."""

from __future__ import annotations

from deploys.asker import Asker
from deploys.errors import Refused, SlackUnsure
from deploys.records.deploy import Deploy
from deploys.records.thread_messages import ThreadMessageKind
from workers.messages import progress
from workers.step_context import StepContext


def check_cancel(deploy: Deploy, context: StepContext) -> Deploy:
    """The deploy, whose cancel counts from now on; or without it, if the person may not cancel it now, and
    the thread says so.

    A service may have been touched since the click, and people lose access. A cancel that nobody can check is
    dropped too: waiting for Slack would hold up a service that is stopped. Once it counts it is never
    dropped, because then something may be half undone.
    """
    if deploy.cancel is None or deploy.cancel.checked or not deploy.in_progress:
        return deploy
    try:
        context.access.may_cancel(Asker.of_answer(deploy.cancel), deploy)
    except Refused as error:
        text = progress.cancel_dropped(deploy.cancel.user, unsure=isinstance(error, SlackUnsure))
        return deploy.with_message(context.now(), ThreadMessageKind.PROBLEM, text, cancel=None)
    return deploy.evolve(cancel={"checked": True})
