"""The parts of docs/configuration.md that come from the code: the tables of keys, and the reserved names.

`python -m slipway.configuration_page FILE` (`make docs`) writes them into the page.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from deploys.catalogue.command_line_keys import CommandLine, CommandLineToken
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.catalogue.key_declaration import Key, find_keys
from deploys.catalogue.nested_keys import PostCheck, PreTask, Role
from deploys.catalogue.notify_keys import Notify
from deploys.catalogue.service import Service, ServiceGroup
from deploys.catalogue.service_names import RESERVED_NAMES

RECORDS: dict[str, type[BaseModel]] = {
    "Key": Service,
    "Key of `before`": PreTask,
    "Key of `after`": PostCheck,
    "Key of `notify`": Notify,
    "Key of `role`": Role,
    "Key of `freezes`": FreezeEntry,
    "Key of a group": ServiceGroup,
    "Key of `command_line`": CommandLine,
    "Key of a token": CommandLineToken,
}
"""What each table describes, by the heading of its first column."""

_RESERVED_NAMES = re.compile(r"(?<=cannot be names:\n)[^.]*\.")
_WIDTH = 120


def update_page(page: str) -> str:
    """The page with its tables and its list of reserved names as the code has them."""
    for heading in RECORDS:
        table = re.compile(rf"^\| {re.escape(heading)} \|.*\n(?:\|.*\n)*", re.MULTILINE)
        page = _replace_once(table, page, format_table(heading))
    names = f"{', '.join(sorted(RESERVED_NAMES))}."
    return _replace_once(_RESERVED_NAMES, page, textwrap.fill(names, _WIDTH))


def format_table(heading: str) -> str:
    """One table in Markdown."""
    rows = [_format_row(name, field, key) for name, field, key in find_keys(RECORDS[heading])]
    return "\n".join(
        [f"| {heading} | Value | Default | What it is |", "| --- | --- | --- | --- |", *rows, ""]
    )


def _format_row(field_name: str, field: FieldInfo, key: Key) -> str:
    cells = (f"`{key.name or field_name}`", key.kind.label, _format_default(field, key), key.about)
    return f"| {' | '.join(cells)} |"


def _format_default(field: FieldInfo, key: Key) -> str:
    if key.default_text:
        return key.default_text
    return "required" if field.is_required() else f"`{key.kind.format_default(field.default)}`"


def _replace_once(pattern: re.Pattern[str], page: str, text: str) -> str:
    page, found = pattern.subn(lambda _: text, page)
    if found != 1:
        raise ValueError(f"{pattern.pattern!r} is on the page {found} times; it has to be there once")
    return page


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(update_page(file.read_text()))
