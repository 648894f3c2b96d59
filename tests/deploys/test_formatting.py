"""Units as people read them."""

from __future__ import annotations

import pytest

from deploys.formatting import duration, long_duration

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (65, "1 min 05 s"),
        (30 * 60, "30 min"),
        (HOUR - 1, "59 min 59 s"),
        (HOUR, "1 h"),
        (HOUR + 29, "1 h"),
        (HOUR + 120, "1 h 02 min"),
        (50 * HOUR, "50 h"),
    ],
)
def test_a_duration_names_only_units_that_say_something(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(HOUR, "1 h"), (2 * DAY - 1, "47 h 59 min"), (2 * DAY, "2 days"), (2 * DAY + 4 * HOUR, "2 days 4 h")],
)
def test_a_long_duration_is_in_days(seconds: float, text: str) -> None:
    assert long_duration(seconds) == text
