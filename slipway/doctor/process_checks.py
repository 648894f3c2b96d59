"""Whether Slipway's own processes run: what they write into Redis while they live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from rq.worker_registration import get_keys

from deploys.job_queue import ASKED_QUEUE, JOBS_FOR_EACH_WORKER, count_waiting
from deploys.mrkdwn import plural
from deploys.stores.heartbeats import DISTRIBUTION, Heartbeat, read_heartbeats
from deploys.telemetry.metrics import BOT, SCHEDULER, WEB
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning

_START = {BOT: "python -m bot", WEB: 'gunicorn -c python:bot.gunicorn "bot.web:app()"'}
_NAMES = {BOT: ("bot", "bots"), WEB: ("web process", "web processes")}


def check_bot(context: DoctorContext) -> Iterator[Finding]:
    """Whether a bot lives, and whether it is the one that Slack reaches."""
    process = WEB if context.uses_http else BOT
    running = None
    if not (context.redis_error and process == BOT and context.reaches_bot is False):
        running = len([each for each in read_heartbeats(context.redis) if each.process == process])
    yield judge_bot(process, running, is_reached=context.reaches_bot)


def judge_bot(process: str, running: int | None, *, is_reached: bool | None) -> Finding:
    """running: processes that say in Redis that they live (count); None: Redis does not answer. is_reached:
    whether what is typed in Slack reaches one; None: not known. Pure."""
    name, names = _NAMES[process]
    if running is None:
        return error(
            f"No {name} is connected to Slack, so /deploy is not answered.",
            f"Start it: {_START[process]}. If it runs, its log says why.",
        )
    if not running and is_reached:
        return error(
            f"Slack reaches a {name}, but none that uses this Redis, so what people type does not arrive "
            "here.",
            "Give all processes the same REDIS_URL, and stop a bot that belongs to another installation.",
        )
    if not running:
        return error(f"No {name} runs, so /deploy is not answered.", f"Start it: {_START[process]}.")
    if process == BOT and is_reached is False:
        return error(
            "A bot runs, but it is not connected to Slack, so /deploy is not answered.",
            "Its log says why. It may have other tokens than these.",
        )
    return ok(f"1 {name} runs." if running == 1 else f"{running} {names} run.")


def check_workers(context: DoctorContext) -> Iterator[Finding]:
    """RQ's own registry: the entry of a worker that died expires within half a minute."""
    hosts = _hosts_of_workers(context.redis)
    if not hosts:
        yield error("No worker runs, so no deploy moves.", "Start at least one: python -m workers.")
        return
    where = "" if len(set(hosts)) == 1 else f" on {len(set(hosts))} machines"
    yield ok(f"{plural(len(hosts), 'worker')}{where} {'run' if len(hosts) > 1 else 'runs'}.")


def check_waiting_jobs(context: DoctorContext) -> Iterator[Finding]:
    """Whether the workers keep up: if not, the scheduler adds no more jobs than so many for each."""
    waiting = count_waiting(context.redis)
    if waiting >= JOBS_FOR_EACH_WORKER * max(len(_hosts_of_workers(context.redis)), 1):
        yield warning(
            f"{plural(waiting, 'job')} wait for a worker.",
            "Start more workers; their log says if jobs fail or take long.",
        )
    else:
        yield ok(f"{plural(waiting, 'job')} {'waits' if waiting == 1 else 'wait'} for a worker.")


def check_scheduler(context: DoctorContext) -> Iterator[Finding]:
    """A scheduler says every few seconds that it lives."""
    found = [each for each in read_heartbeats(context.redis) if each.process == SCHEDULER]
    if found:
        yield ok(f"{plural(len(found), 'scheduler')} {'run' if len(found) > 1 else 'runs'}.")
        return
    yield error(
        "No scheduler runs, so what is due waits: reminders, clean-up, and deploys whose job was lost.",
        "Start it: python -m workers.scheduler. If it runs, its log says why it writes nothing to Redis.",
    )


def check_versions(context: DoctorContext) -> Iterator[Finding]:
    """Whether all processes, and this command, are of one version."""
    yield judge_versions(read_heartbeats(context.redis), version(DISTRIBUTION))


def judge_versions(running: Sequence[Heartbeat], own: str) -> Finding:
    """own: the version of this command. Pure."""
    by_version: dict[str, set[str]] = {}
    for each in running:
        by_version.setdefault(each.version, set()).add(f"{each.process} on {each.host}")
    others = {name: where for name, where in by_version.items() if name != own}
    if not others:
        return ok(f"Every process that runs is of version {own}, as this command is.")
    named = "; ".join(f"{name}: {', '.join(sorted(where))}" for name, where in sorted(others.items()))
    return warning(
        f"Other versions than this command's, {own}, are running ({named}).",
        "During an upgrade that is as it should be; otherwise restart what was left behind.",
    )


def _hosts_of_workers(redis: Redis) -> list[str]:
    """The machine of each worker. RQ's own `Worker.all` would also remove entries that have expired."""
    keys = sorted(get_keys(_queue(redis)))
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.hget(key, "hostname")
    hosts = pipe.execute()
    return [each.decode() if isinstance(each, bytes) else str(each) for each in hosts if each is not None]


def _queue(redis: Redis) -> Queue:
    return Queue(ASKED_QUEUE, connection=redis, serializer=JSONSerializer)
