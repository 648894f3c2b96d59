"""The table: what was measured at first, what is now, the aim, and whether it is met. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.results import Results

FIRST_COMMIT = "9326b38"
"""What the column "then" was measured at, by hand, on two noisy cores."""
MISSING = "not measured"
CONFIRM_SECONDS = 3.0
"""The second read that has to agree, and a busy machine, may add so much to a round (seconds)."""
NOISE = 1.25
"""A rate that is counted for half a minute may be so many times another and still be the same."""
ORDER_TOLERANCE = 10
"""Places by which a deploy may be early or late among a thousand, since workers run side by side (count)."""
PLACE = re.compile(r"\{([^:}]+):([^:}]+):(\d)\}")
"""A figure within a text: subject, name, and digits behind the point."""


@dataclass(frozen=True)
class Aim:
    """A figure that is to be at most this."""

    subject: str
    figure: str
    most: float
    name: str = ""
    """What it is about, if a row has aims for several things."""
    per_worker: bool = False
    """Whether `most` counts for each worker."""
    beyond: str = ""
    """A figure of the same subject that `most` is added to."""
    in_full_form: bool = False
    """Whether only the full form tells it: the others measure less of it."""

    def is_met(self, results: Results) -> bool | None:
        """None: it was not measured, so nobody knows."""
        value = results.figure(self.subject, self.figure)
        base = results.figure(self.subject, self.beyond) if self.beyond else 0.0
        if value is None or base is None or (self.in_full_form and results.form != "full"):
            return None
        return value <= base + self.most * (results.workers if self.per_worker else 1)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    then: str
    aim: str
    now: str
    """`{subject:figure:digits}` stands for a figure."""
    aims: tuple[Aim, ...]

    def text(self, results: Results) -> str:
        """The cell `now`."""
        places = PLACE.findall(self.now)
        if all(results.figure(subject, figure) is None for subject, figure, _ in places):
            return MISSING
        return _fill(self.now, results)

    def aim_text(self, results: Results) -> str:
        """The cell `aim`, which may have figures, too."""
        return _fill(self.aim, results)

    def verdict(self, results: Results) -> str:
        """The cell `met`: if some aims are met and others are not, which."""
        met: dict[str, bool | None] = {}
        for aim in self.aims:
            met[aim.name] = _both(met.get(aim.name, True), aim.is_met(results))
        by_answer = {answer: [name for name, each in met.items() if each is answer] for answer in _WORDS}
        found = [answer for answer, names in by_answer.items() if names]
        if found == [True, None]:
            return "yes, as far as measured"
        if len(found) == 1:
            return _WORDS[found[0]]
        words = {**_WORDS, None: "not measured"}
        return "; ".join(f"{words[answer]}: {', '.join(by_answer[answer])}" for answer in found)


_WORDS: dict[bool | None, str] = {True: "yes", False: "**no**", None: "–"}


def _both(first: bool | None, second: bool | None) -> bool | None:
    """Whether both aims are met: None if that cannot be known."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _fill(text: str, results: Results) -> str:
    """The text with its figures."""
    return PLACE.sub(lambda found: number(results.figure(found[1], found[2]), int(found[3])), text)


def number(value: float | None, digits: int) -> str:
    """A figure for people; a dash if it is missing."""
    return "–" if value is None else f"{value:,.{digits}f}"


def _levels(figure: str, digits: int, *levels: int) -> str:
    """The places of a figure for several numbers in flight."""
    return ", ".join(f"{{in_flight/{level}:{figure}:{digits}}}" for level in levels)


def _each_level(figure: str, most: dict[int, float], beyond: str = "") -> tuple[Aim, ...]:
    return tuple(
        Aim(f"in_flight/{level}", figure, value, f"{level:,}", beyond=beyond) for level, value in most.items()
    )


_LEVELS = (10, 100, 500, 1000)
_THEN_ONE_DEPLOY = {
    "aws_calls": ("AWS calls", 49.0),
    "rq_jobs": ("RQ jobs", 33.0),
    "redis_commands": ("Redis commands", 3400.0),
    "worker_cpu_seconds": ("CPU", 1.1),
}


def _half_of_one_deploy(subject: str) -> tuple[Aim, ...]:
    return tuple(
        Aim(subject, figure, then / 2, name, in_full_form=True)
        for figure, (name, then) in _THEN_ONE_DEPLOY.items()
    )


def _one_deploy(subject: str, other_calls: str = "") -> str:
    return (
        f"in {{{subject}:seconds:0}} s {{{subject}:aws_calls:0}} AWS calls "
        f"({{{subject}:calls/DescribeServices:0}} DescribeServices, "
        f"{{{subject}:calls/DescribeServiceDeployments:0}} DescribeServiceDeployments, "
        f"{{{subject}:calls/ListTasks:0}} ListTasks, "
        f"{{{subject}:looks_at_definition_and_image:0}} looks at definition and image){other_calls}, "
        f"{{{subject}:rq_jobs:0}} RQ jobs ({{{subject}:idle/rq_jobs:0}} with nothing to do), "
        f"{{{subject}:redis_commands:0}} Redis commands ({{{subject}:idle/redis_commands:0}}), "
        f"{{{subject}:worker_cpu_seconds:2}} s of worker CPU ({{{subject}:idle/worker_cpu_seconds:2}})"
    )


ROWS = (
    Row(
        "ack of `/deploy` over HTTP, 20, 50 and 100 a second, 1,000 in flight: p50 / p99",
        "5.4 / 8.4 to 9.1 ms, 1.5 to 2.4 times a bare Bolt app beside it",
        "p99 within 1.5 times the bare app",
        "; ".join(
            f"{{ack:{rate}_a_second/ours/p50:1}} / {{ack:{rate}_a_second/ours/p99:1}} ms, "
            f"{{ack:{rate}_a_second/ratio/p99:1}} times"
            for rate in (20, 50, 100)
        ),
        tuple(
            aim
            for rate in (20, 50, 100)
            for aim in (
                Aim("ack", f"{rate}_a_second/ratio/p99", 1.5, f"{rate} a second"),
                Aim("ack", f"{rate}_a_second/ours/failed", 0, f"{rate} a second"),
            )
        ),
    ),
    Row(
        "the same, idle, 1 a second",
        "p99 up to 39 ms, 4.3 times",
        "within 2 times",
        "p99 {ack:1_a_second/ours/p99:1} ms, {ack:1_a_second/ratio/p99:1} times",
        (Aim("ack", "1_a_second/ratio/p99", 2),),
    ),
    Row(
        "Socket Mode, `status` / `help` / `deploy`",
        "1.2 to 1.9 / 2.1 to 2.9 / 1.9 to 4.2 times bare",
        "within 1.5 times",
        "{socket_mode:status/ratio/p50:1} / {socket_mode:help/ratio/p50:1} / "
        "{socket_mode:deploy/ratio/p50:1} times bare (p50)",
        tuple(
            aim
            for typed in ("status", "help", "deploy")
            for aim in (
                Aim("socket_mode", f"{typed}/ratio/p50", 1.5, f"`{typed}`"),
                Aim("socket_mode", f"{typed}/ours/failed", 0, f"`{typed}`"),
            )
        ),
    ),
    Row(
        "AWS reads a second at 10, 100, 500, 1,000 in flight",
        "0.8, 2.9, 16.0 (N/10 + N/20 a round of 5.3 s)",
        "the same to 400; from there no API at more than half its documented limit",
        f"{_levels('aws_reads_per_second', 1, *_LEVELS)}; of a limit at most "
        f"{_levels('share_of_limit', 2, *_LEVELS)}",
        (
            *_each_level("share_of_limit", dict.fromkeys(_LEVELS, 0.5)),
            *_each_level("aws_reads_per_second", {10: 0.8 * NOISE, 100: 2.9 * NOISE}),
        ),
    ),
    Row(
        "memory of web, scheduler, two workers: 10, 500, 1,000",
        "244, 250, 260 MB (PSS)",
        "under 260 MB",
        f"{_levels('memory_megabytes', 0, 10, 500, 1000)} MB",
        _each_level("memory_megabytes", dict.fromkeys((10, 500, 1000), 260)),
    ),
    Row(
        "lag from ECS's end to the record: 10, 100, 500, 1,000",
        "4.8, 5.0, 5.1, **31** s (p50); max 8 to 8, **45** s",
        f"at most one round (of {_levels('round_seconds', 1, *_LEVELS)} s), and the read that confirms it",
        f"{_levels('lag_to_record/p50', 1, *_LEVELS)} s (p50); "
        f"max {_levels('lag_to_record/max', 1, *_LEVELS)} s; "
        "if {in_flight/1000:many_end/ends:0} of the 1,000 end within {in_flight/1000:many_end/seconds:0} s, "
        "{in_flight/1000:many_end/lag_to_record/p50:1} s (p50), "
        "{in_flight/1000:many_end/lag_to_record/max:1} s, {in_flight/1000:many_end/not_recorded:0} later",
        _each_level("lag_to_record/max", dict.fromkeys(_LEVELS, CONFIRM_SECONDS), beyond="round_seconds"),
    ),
    Row(
        "the same with events: 10, 1,000",
        "–",
        "under 1 s",
        f"{_levels('with_events/lag_to_record/p50', 1, 10, 1000)} s (p50); "
        f"max {_levels('with_events/lag_to_record/max', 1, 10, 1000)} s",
        _each_level("with_events/lag_to_record/p50", {10: 1.0, 1000: 1.0}),
    ),
    Row(
        "lag to Slack at 1,000, while it takes 40 edits a minute",
        "**131 s p50, 232 s max**; 923 of 1,000 threads not yet told",
        "ends first: an end is told within 10 s",
        "{in_flight/1000:lag_to_slack/p50:1} s p50, {in_flight/1000:lag_to_slack/max:1} s max; "
        "from the record {in_flight/1000:record_to_slack/max:1} s max; {in_flight/1000:ends_not_told:0} of "
        "{in_flight/1000:ends:0} ends not told",
        (Aim("in_flight/1000", "record_to_slack/max", 10), Aim("in_flight/1000", "ends_not_told", 0)),
    ),
    Row(
        "RQ queue at 1,000",
        "**1,874 jobs waiting** (median), 67 jobs/s",
        "never more jobs waiting than workers times ten",
        "{in_flight/1000:jobs_waiting/median:0} jobs waiting (median), {in_flight/1000:jobs_waiting/max:0} "
        "at most, {in_flight/1000:jobs_per_second:1} jobs/s",
        (Aim("in_flight/1000", "jobs_waiting/max", 10, per_worker=True),),
    ),
    Row(
        "from kill -9 of a worker to the next step of its deploys, lease 60 s: p50 / max",
        "57 to 65 / 70 to 82 s",
        "15 s",
        "{worker_killed:to_next_step/p50:1} / {worker_killed:to_next_step/max:1} s, of "
        "{worker_killed:stranded:0} deploys",
        (Aim("worker_killed", "to_next_step/max", 15), Aim("worker_killed", "without_next_step", 0)),
    ),
    Row(
        "CPU of the workers at 10, 100, 500, 1,000",
        "0.05, 0.20, 0.50, **1.59** cores",
        "under 0.5 at 1,000",
        f"{_levels('cpu_cores/worker', 2, *_LEVELS)} cores",
        (Aim("in_flight/1000", "cpu_cores/worker", 0.5),),
    ),
    Row(
        "Redis commands a second at 100, 500, 1,000",
        "835, 2,886, 6,778",
        "a third of that",
        _levels("redis_commands_per_second", 0, 100, 500, 1000),
        _each_level("redis_commands_per_second", {100: 835 / 3, 500: 2886 / 3, 1000: 6778 / 3}),
    ),
    Row(
        "one rolling deploy of 62 s, alone",
        "49 AWS calls (16 DescribeServices, 12 DescribeServiceDeployments, 6 ListTasks, 5 looks at "
        "definition and image), 33 RQ jobs, 3,400 Redis commands, 1.1 s of worker CPU",
        "half of each",
        _one_deploy("one_deploy"),
        _half_of_one_deploy("one_deploy"),
    ),
    Row(
        "the same with events",
        "–",
        "half of the same",
        _one_deploy("one_deploy_with_events", " and {one_deploy_with_events:sqs_calls:0} reads of the queue"),
        _half_of_one_deploy("one_deploy_with_events"),
    ),
    Row(
        "a thousand asked for within two seconds",
        "RegisterTaskDefinition 4.1/s (limit 1/s, burst 20), UpdateService 4.1/s (5/s), DescribeServices "
        "23/s (20/s); 5,000 jobs waiting; an end reaches the record after 59 s (p50), 81 s at most",
        "never over half of a limit; who asked first goes first; nothing throttled",
        "{burst:asked_for:0} asked for within {burst:asked_within_seconds:0} s; "
        "in the busiest 10 s: RegisterTaskDefinition "
        "{burst:busiest_per_second/TaskDefinitionModify:1}/s, "
        "UpdateService {burst:busiest_per_second/ClusterResourceModify:1}/s, DescribeServices "
        "{burst:busiest_per_second/ClusterServiceResourceRead:1}/s, at most "
        "{burst:share_of_limit/largest:2} of a limit; {burst:throttled:0} calls throttled; "
        "{burst:jobs_waiting/max:0} jobs waiting; at most {burst:largest_displacement:0} places out of "
        "order; an end reaches the record after {burst:lag_to_record/p50:1} s (p50), "
        "{burst:lag_to_record/max:1} s at most",
        (
            Aim("burst", "share_of_limit/largest", 0.5, "limits"),
            Aim("burst", "throttled", 0, "limits"),
            Aim("burst", "largest_displacement", ORDER_TOLERANCE, "order"),
            Aim("burst", "jobs_waiting/max", 10, "jobs waiting", per_worker=True),
        ),
    ),
)


def markdown(results: Results) -> str:
    """The table, in Markdown."""
    rows = [
        f"| {each.what} | {each.then} | {each.text(results)} | {each.aim_text(results)} "
        f"| {each.verdict(results)} |"
        for each in ROWS
    ]
    head = f"| what | then ({FIRST_COMMIT}) | now ({results.commit}) | aim | met |"
    return "\n".join([head, "| --- | --- | --- | --- | --- |", *rows])
