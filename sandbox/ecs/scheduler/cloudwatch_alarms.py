"""CloudWatch alarms, as deployments watch them. The alarms and the metric data are moto's."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC

from moto.cloudwatch.models import (
    Alarm,
    MetricAggregatedDatum,
    MetricDatum,
    are_dimensions_same,
    cloudwatch_backends,
)

from sandbox.ecs.region import EcsRegion

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": lambda values: float(len(values)),
    "Sum": sum,
}


def _alarms(region: EcsRegion) -> dict[str, Alarm]:
    return cloudwatch_backends[region.account][region.name].alarms


def triggered_alarms(region: EcsRegion, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the alarms that are in state ALARM. One that does not exist never is."""
    alarms = _alarms(region)
    return tuple(name for name in names if name in alarms and alarms[name].state_value == "ALARM")


def longest_evaluation(region: EcsRegion, names: Iterable[str]) -> float:
    """Seconds that the slowest of the alarms needs to see trouble; 0 where none exists."""
    alarms = _alarms(region)
    found = (alarms[name] for name in names if name in alarms)
    return float(max((alarm.evaluation_periods * (alarm.period or 0) for alarm in found), default=0))


def evaluate_alarms(region: EcsRegion) -> None:
    """Metric data has come in: alarms on a metric change their state by it, which moto leaves out.

    The periods up to the newest one with data are looked at; a period without any does not breach.
    """
    for alarm in _alarms(region).values():
        if alarm.metric_name and alarm.period and alarm.comparison_operator in _COMPARISONS:
            _evaluate_alarm(region, alarm)


def _evaluate_alarm(region: EcsRegion, alarm: Alarm) -> None:
    periods = _values_by_period(region, alarm)
    if not periods or alarm.statistic not in _STATISTICS:
        return
    newest = max(periods)
    breaches = _COMPARISONS[alarm.comparison_operator]
    statistic = _STATISTICS[alarm.statistic]
    breaching = sum(
        breaches(statistic(values), alarm.threshold)
        for period, values in periods.items()
        if period > newest - alarm.evaluation_periods
    )
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods
    state = "ALARM" if breaching >= needed else "OK"
    if state != alarm.state_value:
        reason = f"Threshold Crossed: {breaching} of {needed} datapoints breached the threshold."
        alarm.update_state(reason, "{}", state)


def _values_by_period(region: EcsRegion, alarm: Alarm) -> dict[int, list[float]]:
    periods: dict[int, list[float]] = defaultdict(list)
    for datum in cloudwatch_backends[region.account][region.name].metric_data:
        same = datum.namespace == alarm.namespace and datum.name == alarm.metric_name
        if same and are_dimensions_same(datum.dimensions, alarm.dimensions):
            moment = datum.timestamp.replace(tzinfo=datum.timestamp.tzinfo or UTC).timestamp()
            if isinstance(datum, MetricDatum):
                periods[int(moment // alarm.period)].append(datum.value)
            elif isinstance(datum, MetricAggregatedDatum) and datum.sample_count:
                periods[int(moment // alarm.period)].append(datum.sum / datum.sample_count)
    return periods
