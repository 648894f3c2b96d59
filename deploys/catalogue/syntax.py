"""YAML that cannot be parsed: what is wrong in plain words, and what is most often behind it."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from deploys.catalogue.problem import Place, Problem


class _Saying(NamedTuple):
    """What PyYAML says, and what it means to the person who wrote the file."""

    said: str
    """A regular expression over PyYAML's context and problem, joined by a comma."""
    meant: str
    at_start: bool = False
    """The mistake is where the construct began, not where the parser gave up."""


_SAYINGS = (
    _Saying(r"found character '\\t'", "a tab stands here; indent with spaces."),
    _Saying(
        r"found character '@'",
        "a value cannot begin with `@`. Slack names do not stand in this file: write the id (U… or S…).",
    ),
    _Saying(r"found character '(.)'", "a value that begins with `{0}` needs quotes."),
    _Saying(
        r"while parsing a flow sequence",
        "the list that begins here with `[` is not closed, or a comma is missing in it. "
        "A `#` begins a comment; channels are written by their ids (C… or G…).",
        at_start=True,
    ),
    _Saying(
        r"while parsing a flow mapping",
        "the mapping that begins here with `{{` is not closed, or a comma is missing in it.",
        at_start=True,
    ),
    _Saying(
        r"while scanning a quoted scalar",
        "the quoted text that begins here is not closed, or is not written as YAML allows.",
        at_start=True,
    ),
    _Saying(r"could not find expected ':'", "a key needs a `:` behind it.", at_start=True),
    _Saying(
        r"mapping values are not allowed here",
        "a `:` does not belong here. Either the line is indented too far, or the text needs quotes.",
    ),
    _Saying(
        r"while parsing a block (mapping|collection)",
        "this line does not fit those above it: check its indentation and that it says `key: value`.",
    ),
    _Saying(r"undefined alias '(.*)'", "there is no anchor `&{0}` above this alias."),
    _Saying(
        r"expected a single document", "a second YAML document begins here (`---`); only one is allowed."
    ),
)


def syntax_problem(text: str, error: yaml.YAMLError | RecursionError) -> Problem:
    """One problem, since a parser cannot go on behind the first mistake."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return _marked(error, error.problem_mark)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        place = Place(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        return Problem(place, "", f"the character U+{ord(text[error.position]):04X} is not allowed in YAML.")
    if isinstance(error, RecursionError):
        return Problem(Place(1, 1), "", "this is nested too deep to be read.")
    return Problem(Place(1, 1), "", f"this is not YAML: {error}.")


def _marked(error: yaml.MarkedYAMLError, mark: yaml.Mark) -> Problem:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    for saying in _SAYINGS:
        if found := re.search(saying.said, said):
            if saying.at_start and error.context_mark:
                mark = error.context_mark
            return Problem(Place(mark.line + 1, mark.column + 1), "", saying.meant.format(*found.groups()))
    return Problem(Place(mark.line + 1, mark.column + 1), "", f"this is not YAML: {said}.")
