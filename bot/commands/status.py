"""`/deploy status [SERVICE]`: what is under way, what waits, what is locked or frozen, what ended lately, and
what runs now.

The records tell all but the last at once, also while neither workers nor AWS answer. A worker reads from ECS
what runs now; that follows.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from deploys.redis_round_trip import RoundTrip
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
    found = _read(named, services, context)
    under_way, waiting, lost = found.under_way, found.waiting, found.lost
    about = f" of {', '.join(map(code, command.services))}" if named else ""
    current = context.holds_read or CurrentHolds(context.store.redis)
    ended, lines = _describe(found, current, context)
    under_way_section = _list_active(f"*Under way*{about}", under_way, "under way", lines)
    parts = [
        context.catalogue.rejected_note,
        _stop_section(current) if seen.services else "",
        _lock_section(services, current, context),
        _lost_section(lost, context.now()),
        _frozen_section(services, context),
        under_way_section or ("" if lost else f"Nothing{about} is under way."),
        _list_active("*Queued*", waiting, "waiting", lines),
        _list_lines("*Ended lately*", [lines[each] for each in ended], len(ended), "ended"),
        "" if named else hidden_note(seen, context),
        _ask_what_runs(command, services, request, context),
    ]
    shown = [part for part in parts if part]
    return PrivateReply("\n\n".join(shown), tuple(section_block(part) for part in shown))


@dataclass(frozen=True)
class _Found:
    """What is listed of the services that are asked about. The deploys under way, those that wait and those
    that are checked once more are in the order of their requests; those that have ended: the newest first."""

    under_way: Sequence[ActiveDeploy]
    waiting: Sequence[ActiveDeploy]
    settling: Sequence[ActiveDeploy]
    ended: Sequence[Deploy]
    lost: Sequence[LostDeploy]


def _read(named: Sequence[str], services: Container[str], context: AppContext) -> _Found:
    """With one question to Redis, unless many of those that ended last may not be seen."""
    trip, store = RoundTrip(context.store.redis), context.store
    listed = store.ask_for_active(trip)
    lost = LostDeploys(store.redis).ask(trip)
    most = MAX_ENDED_SHOWN if named else MAX_READ
    newest = store.ask_for_recent(trip, named or (None,), most, page=MAX_ENDED_SHOWN, ended=True)
    trip.run()
    under_way: list[ActiveDeploy] = []
    waiting: list[ActiveDeploy] = []
    settling: list[ActiveDeploy] = []
    for each in listed():
        summary = each.summary
        if summary.service in services:
            part = waiting if summary.phase is Phase.WAITING else under_way
            (part if summary.in_progress else settling).append(each)
    open_ids = {each.id for each in (*under_way, *waiting, *settling)}
    ended: list[Deploy] = []
    for found in newest().values():
        of_these = (each for each in found if each.id not in open_ids and each.service.name in services)
        ended += islice(of_these, MAX_ENDED_SHOWN)
    seen_lost = [each for each in lost() if each.service in services]
    return _Found(under_way, waiting, settling[-MAX_ENDED_SHOWN:], ended, seen_lost)


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


def _describe(found: _Found, current: CurrentHolds, context: AppContext) -> tuple[list[str], dict[str, str]]:
    """The ids of the deploys that ended last, the newest first, and the line about each deploy that is shown,
    by its id."""
    trip, store = RoundTrip(context.store.redis), context.store
    active = [*_shown(found.under_way, "under way"), *_shown(found.waiting, "waiting"), *found.settling]
    shown = store.ask_for_shown(trip, active)
    ids = [*(each.thread_id for each in active), *(each.thread_id for each in found.ended)]
    states = context.threads.ask_for_states(trip, ids)
    trip.run()
    threads = dict(zip(ids, states(), strict=True))
    open_deploys = shown()
    settled = {each.id for each in found.settling}
    ended = [each for each in open_deploys if each.id in settled and not each.in_progress]
    ended = sorted([*ended, *found.ended], key=_newest_first)[:MAX_ENDED_SHOWN]
    deploys = [*(each for each in open_deploys if each.id not in settled), *ended]
    queues = QueueReader(store, context.now(), hold_sources(context, current))
    lines = {
        each.deploy.id: _describe_deploy(each, threads[each.deploy.thread_id], context.now())
        for each in queues.read_all(deploys)
    }
    return [each.id for each in ended], lines


def _newest_first(deploy: Deploy) -> tuple[float, int]:
    return -deploy.request.requested_at, deploy.batch_position


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
