"""The errors of pydantic, as problems with the position of each."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from deploys.catalogue.file_model import DefaultKeys, ServiceKeys, ServicesFile
from deploys.catalogue.key_declaration import find_nested_model, list_key_names
from deploys.catalogue.problem import Problem
from deploys.catalogue.suggestions import nearest_names
from deploys.catalogue.yaml_source import YamlValue

KeyPath = tuple[str | int, ...]


def list_value_problems(
    model: type[BaseModel], item: YamlValue, path: str, error: ValidationError
) -> Iterator[tuple[str, Problem]]:
    """Each mistake in the values of a mapping, with the key of the mapping that it is in."""
    for each in error.errors(include_url=False, include_input=False):
        yield str(each["loc"][0]), _make_problem(model, item, path, each)


def explain_unknown_key(key: str, model: type[BaseModel]) -> str:
    """The message about a key that a mapping does not have."""
    known = list_key_names(model)
    if model is DefaultKeys and key in ServiceKeys.model_fields:
        return "this key belongs to a single service, not to `defaults`."
    if near := nearest_names(key, known):
        return f"there is no such key. Did you mean `{near[0]}`?"
    if model is ServicesFile and key in ServiceKeys.model_fields:
        return "this key belongs to a service, or to `defaults`."
    return f"there is no such key. Allowed are: {', '.join(f'`{each}`' for each in known)}."


def _make_problem(model: type[BaseModel], item: YamlValue, path: str, error: ErrorDetails) -> Problem:
    *above, last = error["loc"]
    below = item.find(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            where = _format_path(path, error["loc"])
            return Problem(
                below.key_position, where, explain_unknown_key(str(last), _find_model(model, tuple(above)))
            )
        case "missing":
            message = f"missing; for example {_example(_find_model(model, tuple(above)), str(last))}."
            return Problem(below.key_position, _format_path(path, error["loc"]), message)
    return Problem(below.position, _format_path(path, _written_part(item, error["loc"])), error["msg"])


def _find_model(model: type[BaseModel], loc: KeyPath) -> type[BaseModel]:
    for part in loc:
        model = find_nested_model(model, part) or model
    return model


def _written_part(item: YamlValue, loc: KeyPath) -> KeyPath:
    """As much of a path as is written in the file: a role may be written as only its ARN."""
    for depth, part in enumerate(loc):
        if part not in item.members:
            return loc[:depth]
        item = item.members[part]
    return loc


def _example(model: type[BaseModel], key: str) -> str:
    example = (model.model_fields[key].examples or [""])[0]
    shown = f"[{', '.join(example)}]" if isinstance(example, list) else example
    return f"`{key}: {shown}`"


def _format_path(path: str, loc: KeyPath) -> str:
    return path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
