"""`/deploy status [SERVICE]`: what is under way, what waits, what is locked or frozen, what ended lately, and
what runs now.

The records tell all but the last at once, also while neither workers nor AWS answer. A worker reads from ECS
what runs now; that follows.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from itertools import islice

from bot.app_context import AppContext
from bot.grammar import SERVICES, Allowed, Command, Subcommand, optional
from bot.private_reply import PrivateReply, bullet_list, section_block
from bot.request import Request
from bot.submit import hold_sources
from bot.visibility import find_named_services, hidden_note
from bot.worker_query import ask_about_services
from deploys import deploy_text
from deploys.formatting import slack_time, time_ago
from deploys.holds.breaking_locks import services_of
from deploys.holds.lock_text import lock_sentence, stop_sentence
from deploys.mrkdwn import code
from deploys.queue_forecast import QueueReader, WaitingDeploy, forecast_text
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.records.thread_state import ThreadState
from deploys.stores.active_deploys import ActiveDeploy
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.lost_deploys import LostDeploy, LostDeploys, lost_deploy_text
from deploys.stores.thread_store import thread_link

MAX_ENDED_SHOWN = 5
"""Ended deploys in one answer (count)."""
MAX_READ = 60
"""Deploys that are read to find them among those that may not be seen (count)."""
MIN_LINE_BYTES = 50
"""No line about a deploy is shorter (UTF-8 bytes)."""
MAX_BYTES = {"locks": 700, "found": 700, "frozen": 700, "under way": 1400, "waiting": 1200, "ended": 900}
"""UTF-8 bytes of each part."""


def run(command: Command, request: Request, context: AppContext) -> PrivateReply:
    """Lists what the records tell, and has a worker tell what runs now.

    Raises:
        Refused: a service that was named may not be seen here, or there is none.
        RedisError: no job was queued.
    """
    named = find_named_services(command, request, context)
    seen = context.access.seen_by(request.asker)
    services = dict.fromkeys(named or seen.services)
    active = [each for each in context.store.list_active() if each.summary.service in services]
    in_progress = [each for each in active if each.summary.in_progress]
    under_way = [each for each in in_progress if each.summary.phase is not Phase.WAITING]
    waiting = [each for each in in_progress if each.summary.phase is Phase.WAITING]
    about = f" of {', '.join(map(code, command.services))}" if named else ""
    lost = [each for each in LostDeploys(context.store.redis).all() if each.service in services]
    ended = _find_ended(named, services, {each.id for each in in_progress}, context)
    current = CurrentHolds(context.store.redis)
    queues = QueueReader(context.store, context.now(), hold_sources(context, current))
    lines = _describe([*_shown(under_way, "under way"), *_shown(waiting, "waiting")], ended, queues, context)
    under_way_section = _list_active(f"*Under way*{about}", under_way, "under way", lines)
    parts = [
        context.catalogue.rejected_note,
        _stop_section(current) if seen.services else "",
        _lock_section(services, current, context),
        _lost_section(lost, context.now()),
        _frozen_section(services, context),
        under_way_section or ("" if lost else f"Nothing{about} is under way."),
        _list_active("*Queued*", waiting, "waiting", lines),
        _list_lines("*Ended lately*", [lines[each.id] for each in ended], len(ended), "ended"),
        "" if named else hidden_note(seen, context),
        _ask_what_runs(command, services, request, context),
    ]
    shown = [part for part in parts if part]
    return PrivateReply("\n\n".join(shown), tuple(section_block(part) for part in shown))


def _find_ended(
    named: Sequence[str], services: Container[str], in_progress: Collection[str], context: AppContext
) -> list[Deploy]:
    """What ended last, the newest first. in_progress: ids of deploys that may be newer."""
    ended: list[Deploy] = []
    for name in named or (None,):
        most = MAX_ENDED_SHOWN if name else MAX_READ
        newest = context.store.recent_without(name, in_progress, most, page=MAX_ENDED_SHOWN)
        found = (each for each in newest if not each.in_progress and each.service.name in services)
        ended += islice(found, MAX_ENDED_SHOWN)
    ended.sort(key=lambda deploy: deploy.request.requested_at, reverse=True)
    return ended[:MAX_ENDED_SHOWN]


def _ask_what_runs(command: Command, services: Collection[str], request: Request, context: AppContext) -> str:
    """Has a worker tell what these services run now, and says so."""
    if not services:
        return ""
    ask_about_services("answer_status", services, request, context)
    return announce(command)


def announce(command: Command) -> str:
    """How the immediate reply ends."""
    return "What runs now follows here, as ECS says."


def _frozen_section(services: Iterable[str], context: AppContext) -> str:
    """Those of the services that are frozen."""
    found = [each.sentence() for each in context.freezes.find_all(services, context.now())]
    return f"*Frozen*\n{bullet_list(found, MAX_BYTES['frozen'])}" if found else ""


def _stop_section(current: CurrentHolds) -> str:
    stop = current.find()
    return f"{stop_sentence(stop)} `/deploy resume-all` lets them go on." if stop else ""


def _lock_section(services: Iterable[str], current: CurrentHolds, context: AppContext) -> str:
    """The locks that some of the services are under."""
    locks = [
        each
        for each in current.locks(context.now())
        if not set(services_of(each.target, context.catalogue)).isdisjoint(services)
    ]
    return bullet_list([lock_sentence(each) for each in locks], MAX_BYTES["locks"]) if locks else ""


def _lost_section(found: Sequence[LostDeploy], now: float) -> str:
    lines = bullet_list([lost_deploy_text(each, now) for each in found], MAX_BYTES["found"])
    restoring = any(not each.unsigned for each in found)
    title = "Found stopped, and being brought back" if restoring else "Found with tags that I did not sign"
    return f"*{title}*\n{lines}" if found else ""


def _shown(deploys: Sequence[ActiveDeploy], part: str) -> Sequence[ActiveDeploy]:
    """As many as could fit. part: the key of `MAX_BYTES`."""
    return deploys[: MAX_BYTES[part] // MIN_LINE_BYTES]


def _describe(
    active: Sequence[ActiveDeploy], ended: Sequence[Deploy], queues: QueueReader, context: AppContext
) -> dict[str, str]:
    """The line about each of these deploys, by its id."""
    deploys = [*context.store.read_shown(active), *ended]
    threads = context.threads.states([each.thread_id for each in deploys])
    pairs = zip(queues.read_all(deploys), threads, strict=True)
    return {each.deploy.id: _describe_deploy(each, thread, context.now()) for each, thread in pairs}


def _list_active(title: str, deploys: Sequence[ActiveDeploy], part: str, lines: Mapping[str, str]) -> str:
    shown = [lines[each.id] for each in _shown(deploys, part) if each.id in lines]
    return _list_lines(title, shown, len(deploys), part)


def _list_lines(title: str, lines: Sequence[str], total: int, part: str) -> str:
    return f"{title}\n{bullet_list(lines, MAX_BYTES[part], total=total)}" if lines else ""


def _describe_deploy(waiting: WaitingDeploy, thread: ThreadState | None, now: float) -> str:
    deploy = waiting.deploy
    state = f"{deploy_text.deploy_name(deploy)} {deploy_text.status_text(deploy)}"
    by = deploy_text.requested_by(deploy)
    if deploy.ended_at is not None:
        asked = by if deploy.verb is Verb.FOLLOW else f"asked for {by}"
        parts = [f"{state} {time_ago(now - deploy.ended_at)}", asked]
    elif deploy.verb is Verb.FOLLOW:
        parts = [state, f"{by}, who asked {time_ago(now - deploy.request.requested_at)}"]
    else:
        parts = [state, f"asked for {time_ago(now - deploy.request.requested_at)} {by}"]
    forecast = waiting.forecast
    if expected := forecast_text(forecast, slack_time) if forecast else "":
        parts.append(expected)
    if deploy.hold and deploy.in_progress:
        parts.append(f"held: {deploy.hold.sentence}")
    if deploy.phase is Phase.SETTLING:
        parts.append("checked once more")
    is_private = thread is not None and thread.refused_privately
    parts.append("the requester was told privately" if is_private else thread_link(thread))
    return f"{'; '.join(parts)} (deploy {code(deploy.id)})"


SUBCOMMAND = Subcommand(
    name="status",
    arguments=(optional(SERVICES),),
    help="shows what runs, is under way, waits, is locked or frozen, or ended lately",
    allowed=Allowed.ANYBODY,
    run=run,
    is_query=True,
    announcement=announce,
)
