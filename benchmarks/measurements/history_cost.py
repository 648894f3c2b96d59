"""What `status`, `history` and the Home tab cost when many deploys have ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import names, process_figures, redis_figures
from benchmarks.measurements.acknowledgements import EVENTS_PATH
from benchmarks.percentiles import percentile
from benchmarks.results import Figures
from benchmarks.slack_requests import command, home_opened, post_at_rate
from benchmarks.system import SIGNING_SECRET, System

ANSWER_SECONDS = 8.0
"""How long an answer that a worker gives may take (seconds)."""
PAUSE_SECONDS = 1.2
"""Between two requests (seconds): the same job asked for twice at once is one job."""


def measure(system: System, repeats: int) -> Figures:
    """Each of them so many times, one after the other, with nothing else going on but what is in flight."""
    slack = system.slack.url
    requests: dict[str, Callable[[int], tuple[bytes, str]]] = {
        "status": lambda nth: command("status", nth, slack),
        "history": lambda nth: command("history", nth, slack),
        "history_of_a_service": lambda nth: command(f"history {names.service(0)}", nth, slack),
        "home": home_opened,
    }
    figures: Figures = {}
    for name, build in requests.items():
        figures |= {f"{name}/{key}": value for key, value in _repeat(system, build, repeats).items()}
    return figures


def _repeat(system: System, build: Callable[[int], tuple[bytes, str]], repeats: int) -> Figures:
    acks, answers = [], []
    commands = redis_figures.commands_done(system.redis)
    cpu = {name: process_figures.cpu_seconds(system.pids(name)) for name in ("web", "worker")}
    for nth in range(repeats):
        before = system.slack.ask("texts", **{"from": 10**9})["count"]
        began = time.time()
        [ack] = post_at_rate([build(nth)], f"{system.web_url}{EVENTS_PATH}", SIGNING_SECRET, 1)
        acks.append(ack.milliseconds)
        if ack.has_text:
            answers.append(ack.milliseconds)
        elif answered := _answered_at(system, before, began):
            answers.append((answered - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    used = {name: process_figures.cpu_seconds(system.pids(name)) - each for name, each in cpu.items()}
    return {
        "ack_milliseconds": percentile(acks, 50),
        "answer_milliseconds": percentile(answers, 50),
        "answered": float(len(answers)),
        "web_cpu_milliseconds": used["web"] * 1000 / repeats,
        "worker_cpu_milliseconds": used["worker"] * 1000 / repeats,
        "redis_commands": (redis_figures.commands_done(system.redis) - commands) / repeats,
    }


def _answered_at(system: System, before: int, began: float) -> float | None:
    """When an answer came that only one person sees; None if none did."""
    while time.time() < began + ANSWER_SECONDS:
        for text in system.slack.ask("texts", **{"from": before})["texts"]:
            if text["method"] in ("response_url", "views.publish", "chat.postEphemeral"):
                return float(text["at"])
        time.sleep(0.05)
    return None
