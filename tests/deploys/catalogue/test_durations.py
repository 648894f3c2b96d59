from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.catalogue import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("20m", 1200),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1d2h3m4s", 93_784),
        ("1200", 1200),
        ("0s", 0),
    ],
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert durations.parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "m", "20 m", "20M", "1m1h", "1h1h", "20:00", "1.5h", "-5m", "20m ", "20m\n", "٣m", "٣", "soon"],
)
def test_what_is_not_a_length_of_time_is_refused(text: str) -> None:
    assert durations.parse_duration(text) is None


@given(st.integers(min_value=0, max_value=10**9))
def test_what_is_shown_is_read_back_as_the_same(seconds: int) -> None:
    assert durations.parse_duration(durations.format_duration(seconds)) == seconds


@given(
    st.tuples(*[st.none() | st.integers(0, 99)] * 4).filter(
        lambda parts: any(part is not None for part in parts)
    )
)
def test_every_combination_of_units_is_their_sum(parts: tuple[int | None, ...]) -> None:
    text = "".join(f"{part}{unit}" for part, unit in zip(parts, "dhms", strict=True) if part is not None)

    assert durations.parse_duration(text) == sum(
        (part or 0) * size for part, size in zip(parts, (86_400, 3_600, 60, 1), strict=True)
    )


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_but_never_trips(text: str) -> None:
    seconds = durations.parse_duration(text)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("20 minutes", "20m"),
        ("1H 30Min", "1h30m"),
        ("2 hours, 5 seconds", "2h5s"),
        ("90 sec", "1m30s"),
        ("soon", None),
        ("20 m and more", None),
        ("", None),
    ],
)
def test_what_was_meant_is_proposed(text: str, meant: str | None) -> None:
    assert durations.suggest_duration(text) == meant
