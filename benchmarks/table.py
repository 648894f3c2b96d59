"""The table: what was measured at first, what is now, the aim, and whether it is met. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.aws_limits import ECS_LIMITS
from benchmarks.results import Results

FIRST_COMMIT = "9326b38"
"""What the column "then" was measured at, by hand, on two noisy cores."""
MISSING = "not measured"
WORKERS_FACTOR = 10
"""The aim is that no more jobs wait than workers times this."""
ORDER_TOLERANCE = 10
"""Places by which a deploy may be early or late among a thousand, since workers run side by side (count)."""
ROUND_SECONDS = 5.3
"""Between two looks at a rollout (seconds), as long as no limit stretches that."""
MARGIN_SECONDS = 5.0
"""What the second read and a busy machine may add to a round (seconds)."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    then: str
    aim: str
    now: Callable[[Results], str]
    met: Callable[[Results], bool | None]
    """None: it was not measured, so nobody knows."""


def number(value: float | None, digits: int = 1) -> str:
    """A figure for people; a dash if it is missing."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or digits == 0 else f"{value:.{digits}f}"


def _list(results: Results, name: str, levels: Sequence[int], digits: int = 1) -> str:
    """The same figure for several numbers in flight."""
    return ", ".join(number(results.figure(f"in_flight/{level}", name), digits) for level in levels)


def _at_most(value: float | None, most: float) -> bool | None:
    return None if value is None else value <= most


def _all(*answers: bool | None) -> bool | None:
    """False if one is, None if one is not known, else True."""
    if any(each is False for each in answers):
        return False
    return None if any(each is None for each in answers) else True


_LEVELS = (10, 100, 500, 1000)
_RATES = (20, 50, 100)


def _known(results: Results, subject: str, names: Sequence[str]) -> list[float]:
    found = (results.figure(subject, name) for name in names)
    return [each for each in found if each is not None]


def _ack_now(results: Results) -> str:
    p50 = _known(results, "ack", [f"{rate}_a_second/ours/p50" for rate in _RATES])
    p99 = _known(results, "ack", [f"{rate}_a_second/ours/p99" for rate in _RATES])
    ratios = _known(results, "ack", [f"{rate}_a_second/ratio/p99" for rate in _RATES])
    if not ratios:
        return MISSING
    return f"{number(max(p50))} / {number(max(p99))} ms, {number(max(ratios))} times bare at worst"


def _ack_met(results: Results) -> bool | None:
    ratios = _known(results, "ack", [f"{rate}_a_second/ratio/p99" for rate in _RATES])
    return max(ratios) <= 1.5 if ratios else None


def _idle_now(results: Results) -> str:
    p99 = results.figure("ack", "1_a_second/ours/p99")
    if p99 is None:
        return MISSING
    return f"p99 {number(p99)} ms, {number(results.figure('ack', '1_a_second/ratio/p99'))} times bare"


def _socket_now(results: Results) -> str:
    typed = ("status", "help", "deploy")
    ratios = [results.figure("socket_mode", f"{each}/ratio/p50") for each in typed]
    if all(each is None for each in ratios):
        return MISSING
    return " / ".join(number(each) for each in ratios) + " times bare (p50)"


def _socket_met(results: Results) -> bool | None:
    typed = ("status", "help", "deploy")
    return _all(*(_at_most(results.figure("socket_mode", f"{each}/ratio/p50"), 1.5) for each in typed))


def _reads_now(results: Results) -> str:
    if results.figure("in_flight/10", "aws_reads_per_second") is None:
        return MISSING
    shares = _list(results, "share_of_limit", _LEVELS, 2)
    return f"{_list(results, 'aws_reads_per_second', _LEVELS)}; share of the limit {shares}"


def _reads_met(results: Results) -> bool | None:
    known = [results.figure(f"in_flight/{level}", "share_of_limit") for level in _LEVELS]
    return _all(*(_at_most(each, 0.5) for each in known))


def _memory_met(results: Results) -> bool | None:
    levels = (10, 500, 1000)
    return _all(*(_at_most(results.figure(f"in_flight/{each}", "memory_megabytes"), 260) for each in levels))


def longest_round(in_flight: int) -> float:
    """Seconds between two looks at a rollout, if no API is asked at more than half its limit: DescribeServices
    takes 10 services a call, DescribeServiceDeployments 20."""
    half = 0.5 * ECS_LIMITS["ClusterServiceResourceRead"].per_second
    return max(ROUND_SECONDS, in_flight / 10 / half)


def _lag_now(results: Results) -> str:
    p50, worst = _list(results, "lag_to_record/p50", _LEVELS), _list(results, "lag_to_record/max", _LEVELS)
    if results.figure("in_flight/10", "lag_to_record/p50") is None:
        return MISSING
    together = results.figure("in_flight/1000", "all_end/lag_to_record/p50")
    return f"{p50} s (p50); max {worst} s; all 1,000 end within a minute: {number(together)} s"


def _lag_met(results: Results) -> bool | None:
    return _all(
        *(
            _at_most(
                results.figure(f"in_flight/{level}", "lag_to_record/max"),
                longest_round(level) + MARGIN_SECONDS,
            )
            for level in _LEVELS
        )
    )


def _card_now(results: Results) -> str:
    subject = "in_flight/1000"
    if results.figure(subject, "ends") is None:
        return MISSING
    p50, worst = (number(results.figure(subject, f"lag_to_slack/{each}")) for each in ("p50", "max"))
    untold = number(results.figure(subject, "ends_not_told"), 0)
    return f"{p50} s p50, {worst} s max; {untold} of {number(results.figure(subject, 'ends'), 0)} not told"


def _card_met(results: Results) -> bool | None:
    """Within 10 s of the record's end: ECS's end is known a round before."""
    told, recorded = (results.figure("in_flight/1000", f"lag_to_{each}/p50") for each in ("slack", "record"))
    if told is None or recorded is None:
        return None
    return told - recorded <= 10 and not results.figure("in_flight/1000", "ends_not_told")


def _queue_now(results: Results) -> str:
    waiting = results.figure("in_flight/1000", "jobs_waiting/median")
    if waiting is None:
        return MISSING
    worst, rate = (results.figure("in_flight/1000", each) for each in ("jobs_waiting/max", "jobs_per_second"))
    return f"{number(waiting, 0)} waiting (median), {number(worst, 0)} at most; {number(rate)} jobs/s"


def _queue_met(results: Results) -> bool | None:
    return _all(
        _at_most(results.figure("in_flight/1000", "jobs_waiting/max"), results.workers * WORKERS_FACTOR),
        _at_most(results.figure("burst", "jobs_waiting/max"), results.workers * WORKERS_FACTOR),
    )


def _killed_now(results: Results) -> str:
    if not results.figure("worker_killed", "stranded"):
        return MISSING
    p50, worst = (number(results.figure("worker_killed", f"to_next_step/{each}")) for each in ("p50", "max"))
    stranded = number(results.figure("worker_killed", "stranded"), 0)
    return f"{p50} / {worst} s; {stranded} deploys were held by a killed worker"


def _killed_met(results: Results) -> bool | None:
    if not results.figure("worker_killed", "stranded"):
        return None
    return _all(
        _at_most(results.figure("worker_killed", "to_next_step/max"), 15),
        not results.figure("worker_killed", "without_next_step"),
    )


def _cpu_now(results: Results) -> str:
    if results.figure("in_flight/10", "cpu_cores/worker") is None:
        return MISSING
    return f"{_list(results, 'cpu_cores/worker', _LEVELS, 2)} cores"


def _commands_now(results: Results) -> str:
    if results.figure("in_flight/100", "redis_commands_per_second") is None:
        return MISSING
    return _list(results, "redis_commands_per_second", _LEVELS[1:], 0)


def _commands_met(results: Results) -> bool | None:
    aims = {100: 835 / 3, 500: 2886 / 3, 1000: 6778 / 3}
    return _all(
        *(
            _at_most(results.figure(f"in_flight/{level}", "redis_commands_per_second"), most)
            for level, most in aims.items()
        )
    )


def _one_now(results: Results) -> str:
    found = {
        name: results.figure("one_deploy", name)
        for name in (
            "seconds",
            "aws_calls",
            "calls/DescribeServices",
            "calls/DescribeServiceDeployments",
            "calls/ListTasks",
            "looks_at_definition_and_image",
            "rq_jobs",
            "redis_commands",
            "worker_cpu_seconds",
        )
    }
    if found["seconds"] is None:
        return MISSING
    calls = (
        f"{number(found['aws_calls'], 0)} AWS calls ({number(found['calls/DescribeServices'], 0)} DescribeServices, "
        f"{number(found['calls/DescribeServiceDeployments'], 0)} DescribeServiceDeployments, "
        f"{number(found['calls/ListTasks'], 0)} ListTasks, "
        f"{number(found['looks_at_definition_and_image'], 0)} looks at definition and image)"
    )
    return (
        f"{calls}, {number(found['rq_jobs'], 0)} RQ jobs, {number(found['redis_commands'], 0)} Redis commands, "
        f"{number(found['worker_cpu_seconds'], 2)} s of worker CPU, in {number(found['seconds'], 0)} s"
    )


def _one_met(results: Results) -> bool | None:
    halves = {
        "aws_calls": 49 / 2,
        "rq_jobs": 33 / 2,
        "redis_commands": 3400 / 2,
        "worker_cpu_seconds": 1.1 / 2,
    }
    return _all(*(_at_most(results.figure("one_deploy", name), most) for name, most in halves.items()))


def _burst_now(results: Results) -> str:
    if results.figure("burst", "asked_for") is None:
        return MISSING
    rates = {
        api: results.figure("burst", f"busiest_per_second/{group}")
        for api, group in (
            ("RegisterTaskDefinition", "TaskDefinitionModify"),
            ("UpdateService", "ClusterResourceModify"),
            ("DescribeServices", "ClusterServiceResourceRead"),
        )
    }
    share, throttled, waiting, places, p50, worst = (
        results.figure("burst", each)
        for each in (
            "share_of_limit/largest",
            "throttled",
            "jobs_waiting/max",
            "largest_displacement",
            "lag_to_record/p50",
            "lag_to_record/max",
        )
    )
    calls = ", ".join(f"{api} {number(rate)}/s" for api, rate in rates.items())
    return (
        f"{calls}: at most {number(share, 2)} of a limit, {number(throttled, 0)} throttled; "
        f"{number(waiting, 0)} jobs waiting; at most {number(places, 0)} places out of order; an end reaches the "
        f"record after {number(p50)} s (p50), {number(worst)} s at most"
    )


def _burst_met(results: Results) -> bool | None:
    return _all(
        _at_most(results.figure("burst", "share_of_limit/largest"), 0.5),
        _at_most(results.figure("burst", "throttled"), 0),
        _at_most(results.figure("burst", "largest_displacement"), ORDER_TOLERANCE),
    )


ROWS = (
    Row(
        "ack of `/deploy` over HTTP, 20 to 100 a second, 1,000 in flight: p50 / p99",
        "5.4 / 8.4 to 9.1 ms, 1.5 to 2.4 times a bare Bolt app beside it",
        "p99 within 1.5 times the bare app",
        _ack_now,
        _ack_met,
    ),
    Row(
        "the same, idle, 1 a second",
        "p99 up to 39 ms, 4.3 times",
        "within 2 times",
        _idle_now,
        lambda results: _at_most(results.figure("ack", "1_a_second/ratio/p99"), 2),
    ),
    Row(
        "Socket Mode, `status` / `help` / `deploy`",
        "1.2 to 1.9 / 2.1 to 2.9 / 1.9 to 4.2 times bare",
        "within 1.5 times",
        _socket_now,
        _socket_met,
    ),
    Row(
        "AWS reads a second at 10, 100, 500, 1,000 in flight",
        "0.8, 2.9, 16.0 (N/10 + N/20 a round of 5.3 s)",
        "the same to 400; from there no API at more than half its documented limit",
        _reads_now,
        _reads_met,
    ),
    Row(
        "memory of web, scheduler, two workers: 10, 500, 1,000",
        "244, 250, 260 MB (PSS)",
        "under 260 MB",
        lambda results: f"{_list(results, 'memory_megabytes', (10, 500, 1000), 0)} MB",
        _memory_met,
    ),
    Row(
        "lag from ECS's end to the record: 10, 100, 500, 1,000",
        "4.8, 5.0, 5.1, **31** s (p50); max 8 to 8, **45** s",
        "at most one round; under 1 s with events",
        _lag_now,
        _lag_met,
    ),
    Row(
        "lag from ECS's end to Slack at 1,000",
        "**131 s p50, 232 s max**; 923 of 1,000 threads not yet told",
        "ends first: told within 10 s while Slack takes 40 edits a minute",
        _card_now,
        _card_met,
    ),
    Row(
        "RQ queue at 1,000",
        "**1,874 jobs waiting** (median), 67 jobs/s",
        "never more jobs waiting than workers times ten",
        _queue_now,
        _queue_met,
    ),
    Row(
        "from kill -9 of a worker to the next step of its deploys: p50 / max",
        "57 to 65 / 70 to 82 s",
        "15 s",
        _killed_now,
        _killed_met,
    ),
    Row(
        "CPU of the workers at 10, 100, 500, 1,000",
        "0.05, 0.20, 0.50, **1.59** cores",
        "under 0.5 at 1,000",
        _cpu_now,
        lambda results: _at_most(results.figure("in_flight/1000", "cpu_cores/worker"), 0.5),
    ),
    Row(
        "Redis commands a second at 100, 500, 1,000",
        "835, 2,886, 6,778",
        "a third of that",
        _commands_now,
        _commands_met,
    ),
    Row(
        "one rolling deploy of 62 s, alone",
        "49 AWS calls (16 DescribeServices, 12 DescribeServiceDeployments, 6 ListTasks, 5 looks at definition "
        "and image), 33 RQ jobs, 3,400 Redis commands, 1.1 s of worker CPU",
        "half of each",
        _one_now,
        _one_met,
    ),
    Row(
        "a thousand asked for within two seconds",
        "RegisterTaskDefinition 4.1/s (limit 1/s, burst 20), UpdateService 4.1/s (5/s), DescribeServices 23/s "
        "(20/s); 5,000 jobs waiting; an end reaches the record after 59 s (p50), 81 s at most",
        "never over half of a limit; who asked first goes first; nothing throttled",
        _burst_now,
        _burst_met,
    ),
)


def markdown(results: Results) -> str:
    """The table, in Markdown."""
    lines = [
        f"| what | then ({FIRST_COMMIT}) | now ({results.commit}) | aim | met |",
        "| --- | --- | --- | --- | --- |",
    ]
    words = {True: "yes", False: "**no**", None: "–"}
    lines += [
        f"| {row.what} | {row.then} | {row.now(results)} | {row.aim} | {words[row.met(results)]} |"
        for row in ROWS
    ]
    return "\n".join(lines)
