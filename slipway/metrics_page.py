"""The table of metrics in docs/operations.md.

`python -m slipway.metrics_page FILE` (`make docs`) writes it into the page.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from deploys.telemetry.metrics import ALL, METRICS, Metric

_HEAD = "| metric | kind | labels | processes | what it is |\n| --- | --- | --- | --- | --- |\n"


def update_page(page: str) -> str:
    """The page with the table as the code has it.

    Raises:
        ValueError: the page does not have the table exactly once.
    """
    table = _HEAD + "".join(map(_format_row, METRICS.values()))
    page, found = re.subn(rf"{re.escape(_HEAD)}(?:\|.*\n)*", lambda _: table, page)
    if found != 1:
        raise ValueError(f"the table of metrics is on the page {found} times; it has to be there once")
    return page


def _format_row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    processes = "all" if tuple(metric.processes) == ALL else ", ".join(metric.processes)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {processes} | {metric.about} |\n"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(update_page(file.read_text()))
