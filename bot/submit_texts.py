"""What people read when they have asked for a deploy, or for several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.private_reply import PrivateReply
from deploys import deploy_text
from deploys.deploy_text import MAX_SERVICES_NAMED, list_services
from deploys.formatting import slack_time, time_ago
from deploys.mrkdwn import channel_link, code, mention, mentions, plural
from deploys.queue_forecast import WaitingDeploy, forecast_text, start_text
from deploys.records.batch import Batch, batch_name
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold
from deploys.records.request import DeployRequest, Verb
from deploys.stores.thread_store import ThreadStore
from deploys.text_limits import shorten
from deploys.where_told import card_channel

MAX_DEPLOYS_NAMED = 5
"""Deploys named in one sentence (count)."""
MAX_ARGUMENTS_SHOWN = 12
"""Arguments of a command named in one sentence (count)."""


def queued(deploy: Deploy) -> PrivateReply:
    """It is the first in its service's queue. What its first checks refuse has no thread: then the requester
    alone is told (`workers.thread.thread_opening`)."""
    text = (
        f"Queued: {_describe(deploy)} (deploy {code(deploy.id)}). Its thread follows "
        f"{_where([deploy], deploy.request)} after the first checks."
    )
    text += _command_note(deploy) + _approval_note(deploy)
    return PrivateReply(text, card_will_tell=True, deploys=(deploy.id,))


def queued_behind(waiting: WaitingDeploy) -> PrivateReply:
    """It waits behind others; the one under way comes first."""
    deploy, ahead = waiting.deploy, waiting.ahead
    expected = start_text(waiting.forecast, slack_time) if waiting.forecast else ""
    start = f" It is {expected}." if expected else ""
    before = ", ".join(_describe_ahead(each) for each in ahead[:MAX_DEPLOYS_NAMED])
    if len(ahead) > MAX_DEPLOYS_NAMED:
        before += f" and {len(ahead) - MAX_DEPLOYS_NAMED} more"
    text = (
        f"Queued: {_describe(deploy)} (deploy {code(deploy.id)}), number {len(ahead) + 1} in the queue of "
        f"{code(deploy.service.name)}, behind {before}.{start} It starts by itself. Its thread follows "
        f"{_where([deploy], deploy.request)}."
    )
    return PrivateReply(text + _approval_note(deploy), card_will_tell=True, deploys=(deploy.id,))


def with_holds(reply: PrivateReply, holds: Sequence[Hold]) -> PrivateReply:
    """The same, saying what holds it from the beginning."""
    if not holds:
        return reply
    held = " ".join(f"{each.sentence}" for each in holds)
    return replace(reply, text=f"{reply.text} It is held for now: {held} It goes on by itself after that.")


def without_freeze(reply: PrivateReply, service: str) -> PrivateReply:
    """The same for what was to override a freeze."""
    note = f"No freeze of {code(service)} is on, so none is overridden: one that begins holds it."
    return replace(reply, text=f"{reply.text} {note}")


def already_under_way(deploy: Deploy, threads: ThreadStore, now: float) -> PrivateReply:
    """The same was asked for before."""
    existing = _describe_existing(deploy, threads, now)
    return PrivateReply(f"Nothing was added: {existing}", deploys=(deploy.id,))


def goes_on(deploy: Deploy, threads: ThreadStore) -> PrivateReply:
    """It waited for the end of a freeze, which was overridden."""
    return PrivateReply(
        f"{deploy_text.name_at_start(deploy)} waited for the end of a freeze and goes on now. See "
        f"{threads.link(deploy.thread_id)} (deploy {code(deploy.id)}).",
        deploys=(deploy.id,),
    )


def batch_goes_on(deploys: Sequence[Deploy], threads: ThreadStore) -> PrivateReply:
    """They waited for the end of a freeze, which was overridden."""
    return PrivateReply("\n".join(goes_on(each, threads).text for each in deploys), deploys=_ids(deploys))


def batch_queued(batch: Batch, deploys: Sequence[Deploy], waiting: Sequence[WaitingDeploy]) -> PrivateReply:
    """All deploys of a batch; which of them wait behind others, with place and start; which need approval."""
    names = list_services(deploys)
    what = f"{batch_name(batch)}: {names}" if batch.is_group else f"{names} {code(batch.tag)}"
    parts = [f"Queued: {what} (batch {code(batch.id)}).", _order_note(batch)]
    parts.append(_places(waiting))
    services = [each.service for each in deploys if each.service.approvals]
    parts += [
        f"{code(each.name)} needs {plural(each.approvals, 'approval')}, from {mentions(each.approvers)}."
        for each in services[:MAX_SERVICES_NAMED]
    ]
    where = _where(deploys, batch.request)
    parts.append(f"The thread follows {where} after the first checks.")
    return PrivateReply(" ".join(part for part in parts if part), card_will_tell=True, deploys=_ids(deploys))


def _places(waiting: Sequence[WaitingDeploy]) -> str:
    """`web` is 2nd in the queue, expected to start at about 14:05. It starts by itself."""
    places = [
        f"{code(each.deploy.service.name)} is {forecast_text(each.forecast, slack_time)}"
        for each in waiting
        if each.forecast
    ]
    if not places:
        return ""
    more = len(places) - MAX_SERVICES_NAMED
    shown = [*places[:MAX_SERVICES_NAMED], *([f"{plural(more, 'more service')} too"] if more > 0 else [])]
    by_itself = "It starts by itself." if len(places) == 1 else "They start by themselves."
    return f"{'; '.join(shown)}. {by_itself}"


def batch_already_under_way(deploys: Sequence[Deploy], threads: ThreadStore, now: float) -> PrivateReply:
    """Some of it was asked for before, so none of it was added."""
    lines = [f"• {_describe_existing(each, threads, now)}" for each in deploys[:MAX_SERVICES_NAMED]]
    more = [f"• and {len(deploys) - len(lines)} more"] if len(deploys) > len(lines) else []
    text = "\n".join(["Nothing was added, because this is under way already:", *lines, *more])
    return PrivateReply(text, deploys=_ids(deploys))


def _ids(deploys: Sequence[Deploy]) -> tuple[str, ...]:
    return tuple(each.id for each in deploys)


def _where(deploys: Sequence[Deploy], request: DeployRequest) -> str:
    channel = card_channel(deploys, request)
    is_here = channel == request.channel and not request.command_line
    return "here" if is_here else f"in {channel_link(channel)}"


def _describe_existing(deploy: Deploy, threads: ThreadStore, now: float) -> str:
    name = deploy_text.name_in_sentence(deploy)
    asked = f"to follow {name}" if deploy.verb is Verb.FOLLOW else f"for {name}"
    return (
        f"{mention(deploy.request.requester)} asked {asked} {time_ago(now - deploy.request.requested_at)}, "
        f"and it {deploy_text.status_text(deploy)}. See {threads.link(deploy.thread_id)} (deploy "
        f"{code(deploy.id)})."
    )


def _describe(deploy: Deploy) -> str:
    name = deploy_text.deploy_name(deploy)
    return f"following the {name}" if deploy.verb is Verb.FOLLOW else name


def _describe_ahead(deploy: Deploy) -> str:
    """`1.4.1` by @dave, a restart by @dave"""
    label = deploy_text.action_label(deploy)
    if deploy.verb is Verb.DEPLOY:
        return f"{label} by {mention(deploy.request.requester)}"
    article = "an" if label.startswith("e") else "a"
    return f"{article} {label} {deploy_text.requested_by(deploy)}"


def _command_note(deploy: Deploy) -> str:
    """What ECS gets: quotes and spaces are easily typed otherwise than they were meant."""
    if deploy.command is None:
        return ""
    if deploy.command.has_secret:
        return (
            " What looks like a secret is not shown here, but ECS keeps it with the task, and CloudTrail "
            "logs it: better let the task read it from where the service does."
        )
    arguments = deploy.command.arguments
    shown = ", ".join(code(shorten(each, 60)) for each in arguments[:MAX_ARGUMENTS_SHOWN])
    more = len(arguments) - MAX_ARGUMENTS_SHOWN
    listed = f"{shown} and {more} more" if more > 0 else shown
    return f" No shell reads it; it is passed as {plural(len(arguments), 'argument')}: {listed}."


def _approval_note(deploy: Deploy) -> str:
    service = deploy.service
    if not service.approvals or deploy.verb is Verb.FOLLOW:
        return ""
    return (
        f" Before anything is changed it needs {plural(service.approvals, 'approval')}, from "
        f"{mentions(service.approvers)}."
    )


def _order_note(batch: Batch) -> str:
    if batch.in_order:
        stops = ", and the first failure stops the rest" if batch.stop_on_first_failure else ""
        return f"One after another{stops}."
    return "All at once; the first failure stops what has not begun." if batch.stop_on_first_failure else ""
