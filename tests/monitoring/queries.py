"""The queries of the dashboard and of the alert rules, and what they ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "monitoring"
ALERTS = FOLDER / "alerts.yml"
DASHBOARD = FOLDER / "grafana-dashboard.json"
ADDED_BY_PROMETHEUS = frozenset({"job", "instance"})
SUFFIXES = ("_bucket", "_count", "_sum")


@dataclass(frozen=True)
class Selected:
    """A metric as a query selects it."""

    series: str
    """Its name, with the suffix of a histogram."""
    labels: frozenset[str]
    """Labels that are matched, or by which it is grouped."""
    matchers: tuple[tuple[str, str, str], ...]
    """Label, operator and value."""


def alerts() -> list[dict[str, Any]]:
    """All rules."""
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard, without its rows."""
    return [each for each in json.loads(DASHBOARD.read_text())["panels"] if each["type"] != "row"]


def queries() -> dict[str, str]:
    """Every query by where it is."""
    found = {rule["alert"]: rule["expr"] for rule in alerts()}
    for panel in panels():
        for target in panel["targets"]:
            found[f"{panel['title']}, {target['refId']}"] = target["expr"]
    for variable in json.loads(DASHBOARD.read_text())["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()  # type: ignore[union-attr]
            found[f"variable {variable['name']}"] = f"sum by ({label}) ({metric})"
    return found


def select(query: str) -> Iterator[Selected]:
    """What a query asks for. Each grouping is taken to be of the metric that follows next."""
    grouped: set[str] = set()
    token = re.compile(
        r"\b(?:by|on|group_left|without) \((?P<group>[^)]*)\)|"
        r"\b(?P<name>slipway_\w+|up)\b(?:\{(?P<match>[^}]*)\})?"
    )
    for found in token.finditer(query):
        if found["group"] is not None:
            grouped |= {each.strip() for each in found["group"].split(",")}
            continue
        matchers = re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', found["match"] or "")
        labels = {label for label, _, _ in matchers} | grouped
        yield Selected(found["name"], frozenset(labels - ADDED_BY_PROMETHEUS), tuple(matchers))
        grouped = set()


def selected() -> dict[str, list[Selected]]:
    """What every query asks for."""
    return {where: list(select(query)) for where, query in queries().items()}
