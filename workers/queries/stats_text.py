"""How the four metrics of delivery are told: in words, as charts, and as a table of the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from deploys.delivery_metrics import DAY_SECONDS, TOO_FEW, DeliveryMetrics, median, percentile
from deploys.formatting import long_duration
from deploys.message_size import utf8_bytes
from deploys.mrkdwn import code, plural
from deploys.native_blocks import Block, Cell, bar_chart, number_cell, text_cell

MAX_NAMED = 10
"""Services that are named (count)."""
MAX_LIST_BYTES = 1800
"""UTF-8 bytes of the list of services."""
BARS = 10
"""Bars of a chart (count)."""
TABLE_HEADER = ("Service", "Deploys", "Lead time", "Failed", "Time to restore")
LEAD_TIME = "*Lead time* from image push to serving"
DEFINITIONS = (
    "A change is a deploy of a tag that changed the service. It failed if it was rolled back, ended as "
    "failed, or a rollback followed within 24 hours. Restarts, rollbacks and rollouts outside Slipway are no "
    "changes."
)


def _named(services: Sequence[str]) -> str:
    """`web`, `api`; or how many, if they are many."""
    return ", ".join(map(code, services)) if len(services) <= MAX_NAMED else f"{len(services)} services"


def heading(services: Sequence[str], days: float) -> str:
    """What it is about."""
    return f"*Delivery* of {_named(services)}, the last {plural(round(days), 'day')}"


def metric_lines(metrics: DeliveryMetrics) -> list[str]:
    """One line for each of the four."""
    lines = (_frequency(metrics), _lead_time(metrics), _failure_rate(metrics), _restore_time(metrics))
    return [f"• {line}" for line in lines]


def _frequency(metrics: DeliveryMetrics) -> str:
    deploys = plural(metrics.deploys, "deploy")
    rate = metrics.deploys_a_day
    if rate is None:
        return f"*Deployment frequency*: {deploys}: too few for a rate"
    often = f"{rate:.1f} a day" if rate >= 1 else f"{rate * 7:.1f} a week"
    return f"*Deployment frequency*: {deploys}, {often}"


def _lead_time(metrics: DeliveryMetrics) -> str:
    times = metrics.lead_times
    middle, most = median(times), percentile(times, 0.9)
    if middle is None:
        return f"{LEAD_TIME}: not known, as no registry said when an image was pushed"
    of = f"of {plural(len(times), 'image')}"
    if most is None:
        return f"{LEAD_TIME}: {long_duration(middle)} (median {of}, which are few)"
    return f"{LEAD_TIME}: {long_duration(middle)} (median {of}), 9 in 10 within {long_duration(most)}"


def _failure_rate(metrics: DeliveryMetrics) -> str:
    rate = metrics.failure_rate
    share = f"{metrics.failed} of {plural(len(metrics.changes), 'change')} failed"
    if metrics.rolled_back_later:
        share += f", {metrics.rolled_back_later} of them rolled back after they had succeeded"
    if rate is None:
        return f"*Change failure rate*: {share}: too few for a rate"
    return f"*Change failure rate*: {rate:.0%} ({share})"


def _restore_time(metrics: DeliveryMetrics) -> str:
    times = metrics.restore_times
    open_now = f"{metrics.unrestored} not restored yet" if metrics.unrestored else ""
    middle = median(times)
    if middle is None:
        return f"*Time to restore*: {open_now or 'nothing failed'}"
    few = ", which are few" if len(times) < TOO_FEW else ""
    rest = f", {open_now}" if open_now else ""
    of = plural(len(times), "failure")
    return f"*Time to restore*: {long_duration(middle)} (median of {of}{few}){rest}"


def by_service(metrics: DeliveryMetrics) -> list[tuple[str, DeliveryMetrics]]:
    """Each service that was changed, with its own metrics, the most often deployed first."""
    names = dict.fromkeys(each.service for each in metrics.changes)
    found = [(name, metrics.of_service(name)) for name in names]
    return sorted(found, key=lambda pair: (-pair[1].deploys, pair[0]))


def service_list(services: Sequence[str], metrics: DeliveryMetrics) -> str:
    """The services in lines, if they are several: those that fit, and how many more there are."""
    if len(services) == 1:
        return ""
    lines = [_service_line(name, each) for name, each in by_service(metrics)]
    shown: list[str] = []
    left = MAX_LIST_BYTES
    for line in lines:
        left -= utf8_bytes(f"• {line}\n")
        if left < 0:
            shown.append(f"and {len(lines) - len(shown)} more")
            break
        shown.append(line)
    return "\n".join(["*By service*", *(f"• {line}" for line in shown)])


def _service_line(name: str, metrics: DeliveryMetrics) -> str:
    lead, restore = median(metrics.lead_times), median(metrics.restore_times)
    return ", ".join(
        [
            f"{code(name)}: {plural(metrics.deploys, 'deploy')}",
            f"{metrics.failed} of {plural(len(metrics.changes), 'change')} failed",
            *([f"lead time {long_duration(lead)}"] if lead is not None else []),
            *([f"restored in {long_duration(restore)}"] if restore is not None else []),
        ]
    )


def table_row(name: str, metrics: DeliveryMetrics) -> list[Cell]:
    """The same as a row of a data table."""
    failed = f"{metrics.failed} of {len(metrics.changes)}"
    return [
        text_cell(name),
        number_cell(metrics.deploys, str(metrics.deploys)),
        _time_cell(median(metrics.lead_times)),
        number_cell(metrics.failed, failed),
        _time_cell(median(metrics.restore_times)),
    ]


def _time_cell(seconds: float | None) -> Cell:
    return text_cell("") if seconds is None else number_cell(round(seconds), long_duration(seconds))


def charts(metrics: DeliveryMetrics, since: float, until: float) -> list[Block]:
    """How many changes there were, and how long they took, over the time. since, until: epoch seconds."""
    step = (until - since) / BARS
    parts = [metrics.between(since + step * n, since + step * (n + 1)) for n in range(BARS)]
    labels = [_day(since + step * n) for n in range(BARS)]
    axis = f"from that day (UTC), {step / DAY_SECONDS:g} days a bar"
    counts = {
        "Went well": [len(each.changes) - each.failed for each in parts],
        "Failed": [each.failed for each in parts],
    }
    drawn = [bar_chart("Changes", labels, counts, x_label=axis, y_label="changes")]
    medians = [(label, median(each.lead_times)) for label, each in zip(labels, parts, strict=True)]
    known = [(label, seconds) for label, seconds in medians if seconds is not None]
    if len(known) > 1:
        hours = {"Lead time": [round(seconds / 3600, 2) for _, seconds in known]}
        days = [label for label, _ in known]
        drawn.append(bar_chart("Lead time, median", days, hours, x_label=axis, y_label="hours"))
    return drawn


def _day(at: float) -> str:
    """`1 Nov`, in UTC."""
    day = datetime.fromtimestamp(at, UTC)
    return f"{day.day} {day:%b}"
