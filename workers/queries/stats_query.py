"""`/deploy stats [SERVICE]`: how software was delivered lately (`deploys.delivery_metrics`).

All of it is in the records, so AWS is not asked. It is a query all the same: thousands of records take longer
to read than Slack waits for an ack.
"""

from __future__ import annotations

from collections.abc import Sequence

from deploys.delivery_metrics import DAY_SECONDS, DeliveryMetrics, measure
from deploys.native_blocks import data_table, fit_rows
from deploys.records.deploy import Deploy
from deploys.stores.deploy_reader import DeployReader
from workers.queries import stats_text
from workers.queries.answer import Answer, context, section

WINDOW_DAYS = 30
"""How long back it is looked (days)."""
EARLIER_DAYS = 7
"""Before that, so that a deploy that waited long is counted, and an image that ran before is known (days)."""
MAX_RECORDS = 10_000
"""Records that are read for one answer, the newest ones (count)."""
MAX_OWN_HISTORIES = 10
"""So many services are read one by one; more are found among all records (count)."""


def describe_stats(
    services: Sequence[str], store: DeployReader, *, now: float, retention_days: float
) -> Answer:
    """The four metrics of these services together, and of each if there are several.

    now: epoch seconds. retention_days: how long Redis keeps a record.
    """
    since = now - min(WINDOW_DAYS, retention_days) * DAY_SECONDS
    records, is_cut = _read_records(services, store, since - EARLIER_DAYS * DAY_SECONDS)
    if is_cut:
        since = max(since, min((each.request.requested_at for each in records), default=since))
    metrics = measure(records, since, now)
    head = stats_text.heading(services, (now - since) / DAY_SECONDS)
    if not metrics.changes:
        changed = "it" if len(services) == 1 else "any of them"
        return Answer(f"{head}\nNo deploy changed {changed} in that time.")
    notes = [stats_text.DEFINITIONS]
    if is_cut:
        notes.append(f"There were more deploys; the newest {len(records)} are counted.")
    whole = "\n".join([head, *stats_text.metric_lines(metrics)])
    parts = [whole, stats_text.service_list(services, metrics), *notes]
    charts = stats_text.charts(metrics, since, now)
    native = (section(whole), *charts, *_table(services, metrics), context(" ".join(notes)))
    return Answer("\n\n".join(filter(None, parts)), native)


def _read_records(services: Sequence[str], store: DeployReader, since: float) -> tuple[list[Deploy], bool]:
    """The records of these services, and whether there are more than are read."""
    if len(services) > MAX_OWN_HISTORIES:
        every = list(store.requested_since(None, since, MAX_RECORDS))
        wanted = frozenset(services)
        return [each for each in every if each.service.name in wanted], len(every) == MAX_RECORDS
    limit = MAX_RECORDS // len(services)
    found = [list(store.requested_since(name, since, limit)) for name in services]
    return [each for own in found for each in own], any(len(own) == limit for own in found)


def _table(services: Sequence[str], metrics: DeliveryMetrics) -> list[dict[str, object]]:
    if len(services) == 1:
        return []
    rows = fit_rows([stats_text.table_row(name, each) for name, each in stats_text.by_service(metrics)])
    return [data_table("Delivery by service", stats_text.TABLE_HEADER, rows)]
