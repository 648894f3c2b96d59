"""YAML that cannot be parsed: what is wrong in plain words, and the most common cause."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from deploys.catalogue.problem import Position, Problem


class _Explanation(NamedTuple):
    """What PyYAML reports, and what it means to the person who wrote the file."""

    pattern: str
    """A regular expression over PyYAML's context and problem, joined by a comma."""
    message: str
    at_start: bool = False
    """The mistake is at the start of the construct, not where the parser gave up."""


_EXPLANATIONS = (
    _Explanation(r"found character '\\t'", "there is a tab here; indent with spaces."),
    _Explanation(
        r"found character '@'",
        "a value cannot begin with `@`. This file takes Slack ids, not names: write the id (U… or S…).",
    ),
    _Explanation(r"found character '(.)'", "a value that begins with `{0}` needs quotes."),
    _Explanation(
        r"while parsing a flow sequence",
        "the list that begins here with `[` is not closed, or a comma is missing in it. "
        "A `#` begins a comment; channels are written by their ids (C… or G…).",
        at_start=True,
    ),
    _Explanation(
        r"while parsing a flow mapping",
        "the mapping that begins here with `{{` is not closed, or a comma is missing in it.",
        at_start=True,
    ),
    _Explanation(
        r"while scanning a quoted scalar",
        "the quoted text that begins here is not closed, or is not written as YAML allows.",
        at_start=True,
    ),
    _Explanation(r"could not find expected ':'", "a key needs a `:` after it.", at_start=True),
    _Explanation(
        r"mapping values are not allowed here",
        "a `:` does not belong here. Either the line is indented too far, or the text needs quotes.",
    ),
    _Explanation(
        r"while parsing a block (mapping|collection)",
        "this line does not fit those above it: check its indentation and that it says `key: value`.",
    ),
    _Explanation(r"undefined alias '(.*)'", "there is no anchor `&{0}` above this alias."),
    _Explanation(
        r"expected a single document", "a second YAML document begins here (`---`); only one is allowed."
    ),
)


def explain_syntax_error(text: str, error: yaml.YAMLError | RecursionError) -> Problem:
    """One problem, because a parser cannot continue after the first mistake."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return _explain_marked_error(error, error.problem_mark)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        position = Position(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        return Problem(
            position, "", f"the character U+{ord(text[error.position]):04X} is not allowed in YAML."
        )
    if isinstance(error, RecursionError):
        return Problem(Position(1, 1), "", "this is nested too deeply to be read.")
    return Problem(Position(1, 1), "", f"this is not YAML: {error}.")


def _explain_marked_error(error: yaml.MarkedYAMLError, mark: yaml.Mark) -> Problem:
    report = ", ".join(part for part in (error.context, error.problem) if part)
    for explanation in _EXPLANATIONS:
        if match := re.search(explanation.pattern, report):
            if explanation.at_start and error.context_mark:
                mark = error.context_mark
            return Problem(
                Position(mark.line + 1, mark.column + 1), "", explanation.message.format(*match.groups())
            )
    return Problem(Position(mark.line + 1, mark.column + 1), "", f"this is not YAML: {report}.")
