"""How long `/deploy` takes to be acknowledged, beside a bare Bolt app on the same machine in the same run."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence

from benchmarks import names, process_figures
from benchmarks.percentiles import ratio, spread
from benchmarks.results import Figures
from benchmarks.slack_requests import Answered, command, post_at_rate, statuses
from benchmarks.system import SIGNING_SECRET, System, is_healthy, python, web_command
from sandbox.ports import free_port

EVENTS_PATH = "/slack/events"
WARM_UP_REQUESTS, WARM_UP_PER_SECOND = 30, 40
TYPED = ("help", "deploy", "status")
"""What is typed in Socket Mode, in this order: a `status` takes longest, and what comes after it may wait."""


def start_bare_web(system: System) -> str:
    """Starts the bare app; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    application = "benchmarks.bare_bolt.app:BareWebApp()"
    system.processes.start_command("bare-web", web_command(port, application), env=system.env)
    system.processes.wait_until("the bare Bolt app", lambda: is_healthy(url))
    return url


def new_deploys(services: Sequence[int], series: int) -> Iterator[str]:
    """Commands that ask for deploys of these services in turn, each with another tag of this series."""
    for nth in itertools.count():
        index = services[nth % len(services)]
        yield f"{names.service(index)} {series}.{nth // len(services)}.{index}"


def over_http(
    system: System, bare_url: str, rates: Iterable[int], count: int, services: Sequence[int]
) -> Figures:
    """`/deploy SERVICE TAG` so often at each of these rates (a second), to Slipway and then to the other."""
    commands = new_deploys(services, 3)
    _post(system, system.web_url, itertools.islice(commands, WARM_UP_REQUESTS), WARM_UP_PER_SECOND)
    _post(system, bare_url, itertools.islice(commands, WARM_UP_REQUESTS), WARM_UP_PER_SECOND)
    figures: Figures = {}
    for rate in rates:
        used = process_figures.cpu_seconds(system.pids("web"))
        ours = _post(system, system.web_url, itertools.islice(commands, count), rate)
        used = process_figures.cpu_seconds(system.pids("web")) - used
        figures["web_cpu_milliseconds"] = used * 1000 / count
        bare = _post(system, bare_url, itertools.islice(commands, count), rate)
        figures |= _compare(f"{rate}_a_second", ours, bare)
        if statuses(ours).get(200, 0) < count / 2:
            break  # it does not keep up, so more would only wait behind these
    return figures


def idle(system: System, bare_url: str, count: int, services: Sequence[int]) -> Figures:
    """The same, one a second to each of the two."""
    commands = new_deploys(services, 4)
    ours: list[Answered] = []
    bare: list[Answered] = []
    for text in itertools.islice(commands, count):
        for url, answers in ((system.web_url, ours), (bare_url, bare)):
            answers += _post(system, url, [text], 1)
            time.sleep(0.5)
    return _compare("1_a_second", ours, bare)


def _post(system: System, url: str, texts: Iterable[str], rate: float) -> list[Answered]:
    bodies = [command(text, nth, system.slack.url) for nth, text in enumerate(texts)]
    return post_at_rate(bodies, f"{url}{EVENTS_PATH}", SIGNING_SECRET, rate)


def _compare(name: str, ours: list[Answered], bare: list[Answered]) -> Figures:
    figures: Figures = {}
    spreads = {}
    for who, answers in (("ours", ours), ("bare", bare)):
        good = [each.milliseconds for each in answers if each.status == 200]
        spreads[who] = spread(good)
        figures |= {f"{name}/{who}/{key}": value for key, value in spreads[who].items()}
        figures[f"{name}/{who}/failed"] = float(len(answers) - statuses(answers).get(200, 0))
    for key in ("p50", "p99"):
        figures[f"{name}/ratio/{key}"] = ratio(spreads["ours"][key], spreads["bare"][key])
    return figures


def by_socket_mode(system: System, count: int, per_second: float, services: Sequence[int]) -> Figures:
    """`status`, `help` and `deploy`, each so many times, to the bot, which then ends, and to the bare app."""
    commands = new_deploys(services, 5)
    texts = {
        "status": ["status"] * count,
        "help": ["help"] * count,
        "deploy": list(itertools.islice(commands, count)),
    }
    taken: dict[str, dict[str, dict[str, float | None]]] = {}
    taken["ours"] = {typed: _type(system, texts[typed], per_second) for typed in TYPED}
    system.stop("bot")
    bare = system.processes.start_command("bare-bot", python("benchmarks.bare_bolt.app"), env=system.env)
    system.processes.wait_until("the bare Bolt app to connect", lambda: bare.find_in_log("connected"))
    taken["bare"] = {typed: _type(system, texts[typed], per_second) for typed in TYPED}
    system.processes.children.remove(bare)
    system.processes.stop([bare])
    figures: Figures = {}
    for typed in TYPED:
        for who in ("ours", "bare"):
            figures |= {f"{typed}/{who}/{key}": value for key, value in taken[who][typed].items()}
        for key in ("p50", "p99"):
            figures[f"{typed}/ratio/{key}"] = ratio(taken["ours"][typed][key], taken["bare"][typed][key])
    return figures


def _type(system: System, texts: list[str], per_second: float) -> dict[str, float | None]:
    system.slack.ask("socket", commands=texts[:5], per_second=per_second)  # the first ones warm it up
    answer = system.slack.ask("socket", commands=texts[5:], per_second=per_second)
    taken = answer["milliseconds"]
    return {**spread(taken), "failed": float(len(texts[5:]) - len(taken))}
