"""Text from outside, without what nobody would see."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.mrkdwn import code, escape, verbatim
from deploys.safe_text import one_safe_line, remove_unsafe

UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
hostile = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b[]31m;\x07\\\x00\u202e\u2066\u200b\u200f\u061c\u2028\ud800\udfff`<@!>&#"),
    ),
    max_size=60,
)


def unsafe(text: str) -> list[str]:
    """The characters of a text that nobody would see."""
    return [each for each in text if each not in "\n\t" and unicodedata.category(each) in UNSAFE]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("fixes the login", "fixes the login"),
        ("ログインを直す 🚢 naïve", "ログインを直す 🚢 naïve"),
        ("two\nlines\r\nand\ta tab", "two\nlines\nand\ta tab"),
        ("10 %\r20 %", "10 % 20 %"),
        ("a\x00b\x07c\x7fd\x85e", "abcd e"),
        ("\x1b[1;31mred\x1b[0m alert", "red alert"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended, so it is not hidden", "0;never ended, so it is not hidden"),
        ("\x1bP1;2|data\x1b\\after", "after"),
        ("\x90never ended\x9dtitle\x07shown", "never endedshown"),
        ("\x1b", ""),
        ("fix \u202egnp.exe", "fix gnp.exe"),
        ("\u2066left\u2069 \u200fright\u061c\u200e", "left right"),
        ("zero\u200bwidth\u200c\u200d\u2060\ufeff", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("line\u2028separator\u2029", "line separator "),
        ("half \ud83d\udea2 characters", "half  characters"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("blank\u3164\u115f\u1160\uffa0\u034f", "blank"),
    ],
)
def test_what_is_not_seen_is_left_out(written: str, shown: str) -> None:
    assert remove_unsafe(written) == shown


@pytest.mark.parametrize("begin", ["\x90", "\x98", "\x9d", "\x9e", "\x9f", "\x1b]", "\x1b[", "\x9b", "\x1b "])
def test_codes_that_never_end_take_a_time_in_proportion_to_their_length(begin: str) -> None:
    """A hundred thousand are searched once each. From each to the end of the text it would take minutes."""
    started = time.process_time()

    shown = remove_unsafe(f"{begin}é" * 100_000)

    assert shown.count("é") == 100_000
    assert time.process_time() - started < 10


def test_on_one_line_every_break_is_a_space() -> None:
    assert one_safe_line("  a\n b\t\u2028c\r\nd ") == "a b c d"


@given(hostile)
def test_nothing_unsafe_is_left_whatever_was_written(text: str) -> None:
    assert unsafe(remove_unsafe(text)) == []
    assert remove_unsafe(remove_unsafe(text)) == remove_unsafe(text)
    remove_unsafe(text).encode()
    assert unsafe(escape(text)) == []
    assert "\n" not in one_safe_line(text)


@given(hostile)
def test_a_code_span_is_one_span_on_one_line(text: str) -> None:
    span = code(text)

    assert (span[0], span[-1], span.count("`")) == ("`", "`", 2)
    assert "\n" not in span


def test_mrkdwn_is_sent_verbatim_however_deep_it_lies_and_plain_text_is_not() -> None:
    mrkdwn, plain = (
        {"type": "mrkdwn", "text": "see example.com\u200b"},
        {"type": "plain_text", "text": "\x07Go"},
    )
    section = {"type": "section", "text": mrkdwn, "fields": [mrkdwn], "accessory": {"text": plain, "n": 1}}

    assert verbatim([section, {"type": "context", "elements": (mrkdwn,)}]) == [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "see example.com", "verbatim": True},
            "fields": [{"type": "mrkdwn", "text": "see example.com", "verbatim": True}],
            "accessory": {"text": {"type": "plain_text", "text": "Go"}, "n": 1},
        },
        {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": "see example.com", "verbatim": True}],
        },
    ]
    assert verbatim("\u202ehello") == "hello"
    assert verbatim(None) is None
