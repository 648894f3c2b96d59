"""services.yml as it is written: its values, each with its position in the file.

Scalars are read as YAML 1.2 reads them, as editors do: `yes` and `on` are text, `20:30` is text and not a
number in base 60, `007` is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deploys.catalogue.problem import Position, Problem
from deploys.catalogue.yaml_syntax_errors import explain_syntax_error

_TAG = "tag:yaml.org,2002:"
_MAX_DEPTH = 12
_MAX_VALUES = 50_000
"""Levels of nesting and values that are read (counts), because aliases can make a small file endless."""
_MAX_DIGITS = 18
"""Digits of an integer (count). No key takes a longer one, and Python reads none of more than 4300 digits."""
_ENDLESS = "this alias contains itself, so it never ends."
_TOO_MUCH = (
    f"this is too much to read: more than {_MAX_DEPTH} levels deep, or {_MAX_VALUES} values with all aliases."
)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (as PyYAML has it)


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(_pattern), _first)


@dataclass
class YamlValue:
    """A value, its position, and the position of its key."""

    position: Position
    key_position: Position
    value: Any
    """Plain Python: None, bool, int, float, str, list or dict."""
    members: dict[str | int, YamlValue] = field(default_factory=dict)
    """What a mapping or list contains, by key or index."""
    repeated_keys: list[tuple[str, YamlValue]] = field(default_factory=list)
    """The values of keys that the mapping already has."""

    def find(self, path: tuple[str | int, ...]) -> YamlValue:
        """The value at a path, or the closest one above it."""
        if not path or path[0] not in self.members:
            return self
        return self.members[path[0]].find(path[1:])


@dataclass
class YamlFile:
    """The contents of a file, and the mistakes found while reading it."""

    root: YamlValue
    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False
    """The text is not YAML, so its contents cannot be checked."""


def read_yaml(raw: bytes) -> YamlFile:
    """Read a file. Never raises: everything that is wrong becomes a problem."""
    start = Position(1, 1)
    empty = YamlValue(start, start, None)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return YamlFile(empty, [_utf8_problem(raw, error)], unreadable=True)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        return YamlFile(empty, [explain_syntax_error(text, error)], unreadable=True)
    if node is None:
        return YamlFile(empty)
    reader = _NodeReader()
    root = reader.read_node(node, _position_of(node), "", ())
    return YamlFile(root, reader.problems)


def _utf8_problem(raw: bytes, error: UnicodeDecodeError) -> Problem:
    before = raw[: error.start]
    line_start = before.rfind(b"\n") + 1
    position = Position(before.count(b"\n") + 1, error.start - line_start + 1)
    return Problem(position, "", "this is not UTF-8 text; save the file as UTF-8.")


def _position_of(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


class _NodeReader:
    """Turns the nodes of PyYAML into values, and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._values_read = 0
        self._limit_reported = False

    def read_node(self, node: Node, key_position: Position, path: str, above: tuple[Node, ...]) -> YamlValue:
        """A node and all below it. An empty value gets the position of its key."""
        empty = isinstance(node, ScalarNode) and not node.value and node.style is None
        position = key_position if empty else _position_of(node)
        self._values_read += 1
        if node in above:
            self.problems.append(Problem(key_position, path, _ENDLESS))
            return YamlValue(position, key_position, None)
        if self._exceeds_limits(key_position, path, above):
            return YamlValue(position, key_position, None)
        if isinstance(node, MappingNode):
            return self._read_mapping(node, position, key_position, path, above)
        if isinstance(node, SequenceNode):
            members: dict[str | int, YamlValue] = {
                index: self.read_node(each, _position_of(each), f"{path}[{index}]", (*above, node))
                for index, each in enumerate(node.value)
            }
            return YamlValue(position, key_position, [each.value for each in members.values()], members)
        return YamlValue(position, key_position, self._read_scalar(node, position, path))

    def _exceeds_limits(self, key_position: Position, path: str, above: tuple[Node, ...]) -> bool:
        """Reports too many values once; a file may be too deep in several positions."""
        if self._values_read > _MAX_VALUES:
            if not self._limit_reported:
                self.problems.append(Problem(key_position, path, _TOO_MUCH))
            self._limit_reported = True
            return True
        if len(above) > _MAX_DEPTH:
            self.problems.append(Problem(key_position, path, _TOO_MUCH))
            return True
        return False

    def _read_mapping(
        self,
        node: MappingNode,
        position: Position,
        key_position: Position,
        path: str,
        above: tuple[Node, ...],
    ) -> YamlValue:
        members: dict[str | int, YamlValue] = {}
        repeated: list[tuple[str, YamlValue]] = []
        for key, value, merged in self._key_value_pairs(node, path, above):
            name, below_position = key.value, _position_of(key)
            below = f"{path}.{name}" if path else name
            if name not in members:
                members[name] = self.read_node(value, below_position, below, (*above, node))
            elif not merged:
                first = members[name].key_position.line
                self.problems.append(Problem(below_position, below, f"this key is already on line {first}."))
                repeated.append((name, self.read_node(value, below_position, below, (*above, node))))
        plain = {str(name): each.value for name, each in members.items()}
        return YamlValue(position, key_position, plain, members, repeated)

    def _key_value_pairs(
        self, node: MappingNode, path: str, above: tuple[Node, ...], *, merged: bool = False
    ) -> Iterator[tuple[ScalarNode, Node, bool]]:
        """The mapping's own keys first, then the merged ones (`<<`), which do not replace them.

        A merged key counts as a value that was read even if it is not used: each level of `<<` could multiply
        them.
        """
        merges: list[tuple[Node, Node]] = []
        for key, value in node.value:
            if key.tag == _TAG + "merge":
                merges.append((key, value))
            elif isinstance(key, ScalarNode):
                yield key, value, merged
            elif not merged:
                self.problems.append(Problem(_position_of(key), path, "a key has to be a plain name."))
        for key, value in merges:
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if not isinstance(source, MappingNode):
                    message = (
                        "`<<` takes a mapping: write an alias such as `<<: *name`, or a list of aliases."
                    )
                    self.problems.append(Problem(_position_of(key), path, message))
                elif source is node or source in above:
                    self.problems.append(Problem(_position_of(key), path, _ENDLESS))
                elif not self._exceeds_limits(_position_of(key), path, (*above, node)):
                    self._values_read += 1 + len(source.value)
                    yield from self._key_value_pairs(source, path, (*above, node), merged=True)

    def _read_scalar(self, node: Node, position: Position, path: str) -> Any:
        match node.tag.removeprefix(_TAG):
            case "str":
                return node.value
            case "null":
                return None
            case "bool":
                return node.value.lower() == "true"
            case "int":
                return self._read_integer(node, position, path)
            case "float":
                return float(node.value)
        self.problems.append(
            Problem(position, path, f"the tag `{node.tag}` has no meaning here; leave it out.")
        )
        return node.value

    def _read_integer(self, node: Node, position: Position, path: str) -> int:
        digits = len(node.value.lstrip("+-"))
        if digits <= _MAX_DIGITS:
            return int(node.value)
        self.problems.append(
            Problem(position, path, f"this number has {digits} digits; at most {_MAX_DIGITS} are read.")
        )
        return 0
