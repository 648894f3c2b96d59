"""Files that would take forever to read, or break Python: a clear error with its line, at once."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deploys.catalogue.services_file import check_text

HEAD = "defaults: {cluster: production, deployers: []}"
REGION = {"AWS_REGION": "eu-west-1"}


def check_quickly(text: str) -> list[str]:
    began = time.process_time()
    found = [str(each) for each in check_text(text.encode(), REGION).problems]
    assert time.process_time() - began < 2
    return found


def alias_bomb(levels: int, width: int, *, merged: bool) -> str:
    """Each level names the one before it several times."""
    lines = ["x-0: &l0 {a: 1, b: 2}"]
    for level in range(1, levels + 1):
        aliases = ", ".join([f"*l{level - 1}"] * width)
        inner = f"<<: [{aliases}]" if merged else ", ".join(f"k{n}: *l{level - 1}" for n in range(width))
        lines.append(f"x-{level}: &l{level} {{{inner}}}")
    return "\n".join([*lines, HEAD, "services: {web: {}}"])


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(("levels", "width"), [(8, 9), (11, 4)])
def test_a_small_file_that_aliases_make_huge_is_refused_at_once(
    levels: int, width: int, merged: bool
) -> None:
    found = check_quickly(alias_bomb(levels, width, merged=merged))

    assert found
    line, _, message = found[0].partition(": ")
    assert 2 <= int(line.split(":")[0]) <= levels + 1
    assert message.endswith(
        "this is too much to read: more than 12 levels deep, or 50000 values with all aliases."
    )


def test_a_long_chain_of_merges_is_refused_and_not_a_crash() -> None:
    lines = ["x-0: &l0 {a: 1}", *(f"x-{n}: &l{n} {{<<: *l{n - 1}}}" for n in range(1, 2000))]

    found = check_quickly("\n".join([*lines, HEAD, "services: {web: {}}"]))

    assert "too much to read" in found[0]


def test_some_merges_are_fine() -> None:
    text = (
        "x-a: &a {deadline: 10m}\nx-b: &b {<<: *a, pin: digest}\n"
        "defaults: {<<: *b, cluster: production, deployers: []}\nservices: {web: {<<: [*a, *b]}}\n"
    )

    assert check_quickly(text) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("9" * 5000, "this number has 5000 digits; at most 18 are read."),
        ("-" + "9" * 5000, "this number has 5000 digits; at most 18 are read."),
        ("9" * 18, f"`{'9' * 18}` is out of range; anything from 10s to 1d is allowed."),
    ],
)
def test_a_number_that_is_too_long_is_named(value: str, message: str) -> None:
    found = check_quickly(
        f"services:\n  web:\n    deadline: {value}\n    cluster: production\n    deployers: []\n"
    )

    assert f"3:15: services.web.deadline: {message}" in found


@pytest.mark.parametrize(
    "value", [f"'{'9' * 5000}'", "9" * 5000 + "m", f"'{'9' * 5000} minutes'", "9" * 400 + ".5"]
)
def test_a_length_of_time_that_is_too_long_is_none(value: str) -> None:
    [message] = check_quickly(
        f"services:\n  web:\n    deadline: {value}\n    cluster: production\n    deployers: []\n"
    )

    assert message.startswith("3:15: services.web.deadline: ")
    assert "write a duration such as `90s`, `20m` or `1h30m`" in message


def test_a_long_list_is_checked_for_repeats_at_once() -> None:
    channels = ", ".join(f"C{number:09}" for number in range(20_000))

    assert (
        check_quickly(f"services: {{web: {{cluster: production, deployers: [], channels: [{channels}]}}}}")
        == []
    )


nodes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
keys = st.sampled_from(
    ["services", "defaults", "groups", "x-a", "cluster", "deadline", "approvals", "before", "after"]
)


@given(st.dictionaries(keys, nodes | st.dictionaries(keys, nodes, max_size=4), max_size=5))
def test_any_yaml_is_used_or_complained_about(content: dict[str, object]) -> None:
    check_text(yaml.safe_dump(content, allow_unicode=True).encode("utf-8", "surrogatepass"), REGION)


@given(st.binary(max_size=300) | st.text(alphabet="&*<>:-[]{}!|,#'\"ab19 \n\t", max_size=120).map(str.encode))
def test_any_bytes_are_used_or_complained_about(raw: bytes) -> None:
    check_text(raw, REGION)
