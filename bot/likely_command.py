"""The command that was probably meant by a text that is none, if that is a safe guess. Pure.

A place or an option is never left out: `/deploy web 1.4.2 on staging` does not mean `/deploy web 1.4.2`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from bot import grammar, slack_text
from bot.grammar import Command, ParseError, ParseErrorKind, Subcommand
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.durations import suggest_duration
from deploys.catalogue.suggestions import nearest_names

MAX_OFFERED = 3
"""Commands that are offered for one text (count)."""


def likely_commands(
    error: ParseError, text: str, subcommands: Mapping[str, Subcommand], catalogue: Catalogue
) -> list[Command]:
    """The commands that may be meant, the likeliest first; empty if nobody can tell. catalogue: what the
    person may see."""
    found: list[Command] = []
    for likely in _likely_texts(error, text.split(), subcommands):
        with suppress(ParseError):
            command = grammar.parse(" ".join(likely), subcommands)
            if command not in found and _are_known(command.services, catalogue):
                found.append(command)
    if error.kind is ParseErrorKind.MISSPELT_COMMAND:
        return found[:1]  # the nearest name that takes such words
    return found if len(found) <= MAX_OFFERED else []


def _are_known(names: Sequence[str], catalogue: Catalogue) -> bool:
    return all(each in catalogue.services or catalogue.get_service_group(each) for each in names)


def _likely_texts(
    error: ParseError, words: list[str], subcommands: Mapping[str, Subcommand]
) -> Iterator[list[str]]:
    match error.kind:
        case ParseErrorKind.MISSPELT_COMMAND if words and _plain(words[0]).lower() == error.word:
            for verb in nearest_names(error.word, subcommands, count=MAX_OFFERED):
                yield [verb, *words[1:]]
        case ParseErrorKind.PLACE_FOR_TAG if error.tag:
            yield _without(words, error.word)
        case ParseErrorKind.FULL_IMAGE:
            yield [error.word if _plain(each).endswith(f":{error.word}") else each for each in words]
        case ParseErrorKind.INVALID_DURATION if suggestion := suggest_duration(error.word):
            text = " ".join(words)
            if text.count(f" {error.word} ") == 1:
                yield text.replace(f" {error.word} ", f" {suggestion} ").split()
        case ParseErrorKind.REPEATED_NAME | ParseErrorKind.MISSING_NAME:
            yield from _with_lists(words, lambda names: [",".join(names)])
        case ParseErrorKind.SINGLE_SERVICE_ONLY:
            yield from _with_lists(words, list)


def _with_lists(words: list[str], write: Callable[[Sequence[str]], Sequence[str]]) -> Iterator[list[str]]:
    """The words with their list of services written in each of these ways."""
    start = 1 if words and "," not in words[0] and len(words) > 1 and not words[1].startswith(",") else 0
    name, *rest = slack_text.join_service_list(words[start:])
    names = dict.fromkeys(filter(None, slack_text.split_names(name.rstrip(":,;"))))
    for each in write(list(names)):
        yield [*words[:start], each, *rest]


def _without(words: list[str], word: str) -> list[str]:
    """The words without the first that is this one."""
    number = next((n for n, each in enumerate(words) if _plain(each) == word), len(words))
    return [*words[:number], *words[number + 1 :]]


def _plain(word: str) -> str:
    return slack_text.clean_word(slack_text.unformat(word).rstrip(":,;"))
