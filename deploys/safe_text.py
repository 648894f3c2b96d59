"""Text from outside, made safe to show: what people type, and what AWS, Slack and containers write.

A control or invisible character can hide text, turn its direction, or command a terminal. Those are removed;
characters that separate words become a space; line breaks and tabs stay.
"""

from __future__ import annotations

import re
import unicodedata

_TERMINAL_CODES = re.compile(
    r"""
    (?:\x1b\[|\x9b)[0-?]*[\ -/]*[@-~]                        # CSI: colours, cursor
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c)  # OSC, DCS, ...
    | \x1b[\ -/]*[0-~]                                       # other escapes
    """,
    re.VERBOSE,
)
"""Codes that a terminal obeys (ECMA-48). Of a string without an end only the beginning is removed, so that it
hides nothing. A string does not reach beyond the next beginning of one, so the time that a text takes is in
proportion to its length."""
_SEPARATORS = frozenset("\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_REMOVED = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's categories of controls, of invisible formatting such as direction and zero width, and of half
characters, which no UTF-8 can hold."""
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks that show nothing."""


def remove_unsafe(text: str) -> str:
    """The text without invisible and control characters; it may have several lines."""
    if text.isascii() and text.isprintable():
        return text
    return _TERMINAL_CODES.sub("", text.replace("\r\n", "\n")).translate(_SHOWN)


def one_safe_line(text: str) -> str:
    """The same on one line, with single spaces."""
    return " ".join(remove_unsafe(text).split())


def without_query(url: str) -> str:
    """The address without its query, which may hold a secret."""
    return url.partition("#")[0].partition("?")[0]


def _shown(character: str) -> str:
    if character in "\n\t":
        return character
    if character in _SEPARATORS:
        return " "
    if character in _BLANK_LETTERS or unicodedata.category(character) in _REMOVED:
        return ""
    return character


class _ShownCharacters(dict[int, str]):
    """For `str.translate`: what is shown of each character, remembered for those of the usual scripts."""

    def __missing__(self, code: int) -> str:
        shown = _shown(chr(code))
        if code < _REMEMBERED_BELOW:
            self[code] = shown
        return shown


_REMEMBERED_BELOW = 0x3000
_SHOWN = _ShownCharacters()
