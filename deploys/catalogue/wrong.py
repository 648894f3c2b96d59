"""What pydantic finds wrong with values, as problems with the place where each stands."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from deploys.catalogue.keys import Defaults, Entry, File
from deploys.catalogue.mappings import inside, written
from deploys.catalogue.nearest import nearest
from deploys.catalogue.problem import Problem
from deploys.catalogue.source import Item

Where = tuple[str | int, ...]


def wrong_values(
    model: type[BaseModel], item: Item, path: str, error: ValidationError
) -> Iterator[tuple[str, Problem]]:
    """Each mistake in the values of a mapping, with the key of that mapping which it is in."""
    for each in error.errors(include_url=False, include_input=False):
        yield str(each["loc"][0]), _problem(model, item, path, each)


def unknown_key(key: str, model: type[BaseModel]) -> str:
    """What to say of a key that a mapping does not have."""
    known = written(model)
    if model is Defaults and key in Entry.model_fields:
        return "this belongs to a single service, not in the defaults."
    if near := nearest(key, known):
        return f"there is no such key. Did you mean `{near[0]}`?"
    if model is File and key in Entry.model_fields:
        return "this belongs to a service, or below `defaults`."
    return f"there is no such key. Allowed are: {', '.join(f'`{each}`' for each in known)}."


def _problem(model: type[BaseModel], item: Item, path: str, error: ErrorDetails) -> Problem:
    *above, last = error["loc"]
    below = item.find(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            where = _path(path, error["loc"])
            return Problem(below.key_place, where, unknown_key(str(last), _model_of(model, tuple(above))))
        case "missing":
            message = f"missing; for example {_example(_model_of(model, tuple(above)), str(last))}."
            return Problem(below.key_place, _path(path, error["loc"]), message)
    return Problem(below.place, _path(path, _written(item, error["loc"])), error["msg"])


def _model_of(model: type[BaseModel], loc: Where) -> type[BaseModel]:
    for part in loc:
        model = inside(model, part) or model
    return model


def _written(item: Item, loc: Where) -> Where:
    """As much of a path as stands in the file: a role may be written as its ARN alone."""
    for depth, part in enumerate(loc):
        if part not in item.members:
            return loc[:depth]
        item = item.members[part]
    return loc


def _example(model: type[BaseModel], key: str) -> str:
    example = (model.model_fields[key].examples or [""])[0]
    shown = f"[{', '.join(example)}]" if isinstance(example, list) else example
    return f"`{key}: {shown}`"


def _path(path: str, loc: Where) -> str:
    return path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
