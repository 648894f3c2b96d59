"""Writes the tables of docs/performance.md from the figures of a run.

`python -m benchmarks.page docs/performance.md docs/benchmark.json`
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import table
from benchmarks.capacity.model import Costs, Load, costs_of, need, seconds_until_all_began
from benchmarks.results import Results, most_in_flight, read_results
from benchmarks.table import number

LOADS = {
    "100 services, each twice an hour": Load(services=100, deploys_per_hour=200),
    "1,000 services, each once an hour": Load(services=1000, deploys_per_hour=1000),
    "the same in 10 accounts": Load(services=1000, accounts=10, deploys_per_hour=1000),
    "5,000 services in 50 accounts, each once an hour": Load(
        services=5000, accounts=50, deploys_per_hour=5000
    ),
}
"""Busiest hours that the page computes."""


def update_page(page: str, results: Results) -> str:
    """The page with its tables as the figures have it.

    Raises:
        ValueError: the page has not each of the tables exactly once.
    """
    for name, text in sections(results).items():
        begin, end = f"<!-- benchmark: {name} -->", "<!-- benchmark end -->"
        page, found = re.subn(
            f"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _, text=text, begin=begin, end=end: f"{begin}\n{text}\n{end}",  # type: ignore[misc]
            page,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"{begin} is on the page {found} times; it has to be there once")
    return page


def sections(results: Results) -> dict[str, str]:
    """The text of each table, by its name on the page."""
    costs = costs_of(results)
    return {
        "run": describe_run(results),
        "table": table.markdown(results),
        "others": others(results),
        "processes": processes(results),
        "questions": questions(results),
        "growth": growth(costs) if costs else "The run has not measured what this is computed from.",
    }


def describe_run(results: Results) -> str:
    """Where and when it was measured."""
    machine = results.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    notes = "".join(f"\n\n{note}" for note in results.notes)
    return (
        f"Measured at {results.commit}, {results.began_at}, in the {results.form} form with "
        f"{results.workers} workers, in {results.seconds:.0f} s: {machine.cores} cores (load before: "
        f"{machine.load_before}), {machine.memory_gigabytes} GB, {machine.system}, Python {machine.python}, "
        f"{packages}.{notes}"
    )


def others(results: Results) -> str:
    """One rolling deploy, beside other ways to do it."""
    ways = {
        "fabfuel's `ecs deploy`": "ecs-deploy",
        "a script with the SDK's waiter `services_stable`": "services_stable",
        "a plain RQ job that polls each 5 s": "plain_rq_job",
    }
    ours = {
        "Slipway (on the sandbox's ECS, with all checks and its thread)": "one_deploy",
        "Slipway with ECS's events": "one_deploy_with_events",
    }
    rows = [
        [
            what,
            number(results.figure(subject, "aws_calls"), 0),
            number(results.figure(subject, "seconds_to_know_the_end"), 1),
            number(results.figure(subject, "worker_cpu_seconds"), 2),
        ]
        for what, subject in ours.items()
    ]
    for what, name in ways.items():
        figures = (("aws_calls", 0), ("seconds_to_know_the_end", 1), ("cpu_seconds", 2))
        rows.append(
            [what, *(number(results.figure("rivals", f"{name}/{each}"), digits) for each, digits in figures)]
        )
    return _table(("one rolling deploy", "AWS calls", "knows the end after (s)", "CPU (s)"), rows)


def processes(results: Results) -> str:
    """What each process needs to start, and its memory with the most that were in flight."""
    most = most_in_flight(results)
    rows = []
    for name in ("web", "bot", "scheduler", "worker", "events"):
        starting = (("seconds", 1), ("cpu_seconds", 1), ("memory_megabytes", 0))
        busy = results.figure(f"in_flight/{most}", f"memory_megabytes/{name}")
        cells = (number(results.figure("startup", f"{name}/{figure}"), digits) for figure, digits in starting)
        shown = f"worker ({results.workers} workers)" if name == "worker" else name
        rows.append([shown, *cells, number(busy, 0)])
    head = ("process", "ready after (s)", "CPU until then (s)", "memory then (PSS, MB)")
    return _table((*head, f"with {most:,} in flight (PSS, MB)"), rows)


def questions(results: Results) -> str:
    """What questions cost when many deploys have ended."""
    figures = {
        "ack_milliseconds": 1,
        "answer_milliseconds": 0,
        "web_cpu_milliseconds": 0,
        "worker_cpu_milliseconds": 0,
        "redis_commands": 0,
    }
    rows = []
    for name in ("status", "history", "history_of_a_service", "home"):
        cells = (number(results.figure("history", f"{name}/{each}"), of) for each, of in figures.items())
        rows.append([name.replace("_", " "), *cells])
    head = ("question", "ack (ms)", "answer (ms)", "CPU of web (ms)", "CPU of workers (ms)", "Redis commands")
    return _table(head, rows)


def growth(costs: Costs) -> str:
    """What the busiest hours need."""
    rows = []
    for what, load in LOADS.items():
        needed = need(load, costs)
        first = needed.first_limit
        rows.append(
            [
                what,
                number(needed.in_flight, 0),
                number(needed.round_seconds, 1),
                f"{needed.workers} ({number(needed.worker_cores, 2)} cores, "
                f"{number(needed.megabytes, 0)} MB)",
                f"{needed.schedulers}, {needed.web_processes}",
                f"{number(needed.used['Redis'] * 100, 0)} %",
                f"{first} ({number(needed.used[first] * 100, 0)} %)",
                number(seconds_until_all_began(load.services, load.accounts) / 60, 0),
            ]
        )
    head = (
        "busiest hour",
        "in flight",
        "round (s)",
        "workers",
        "schedulers, web processes",
        "of one Redis",
        "first limit, and how much of it is used",
        "if all are asked for at once, the last begins after (minutes)",
    )
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Rewrites the page."""
    page, figures = (Path(each) for each in sys.argv[1:])
    page.write_text(update_page(page.read_text(), read_results(figures)))


if __name__ == "__main__":
    main()
