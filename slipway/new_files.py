"""Files that are written for a person, and never over one that is there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

SECRET = 0o600
READABLE = 0o644


@dataclass(frozen=True)
class NewFile:
    """A file to be written."""

    name: str
    """Its path, in the folder."""
    text: str
    mode: int = READABLE


class Written(Enum):
    """What became of it."""

    NEW = "written"
    SAME = "is there already, with the same content"
    KEPT = "is there already, and was left as it is"


def write_new_files(folder: Path, files: Iterable[NewFile]) -> dict[str, Written]:
    """Writes those that are not there, by name. Raises OSError."""
    return {file.name: _write(folder / file.name, file) for file in files}


def _write(path: Path, file: NewFile) -> Written:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: neither a file that appears meanwhile nor a link is followed.
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode)
    except FileExistsError:
        is_same = path.is_file() and path.read_bytes() == file.text.encode()
        return Written.SAME if is_same else Written.KEPT
    with os.fdopen(opened, "w", encoding="utf-8") as stream:
        stream.write(file.text)
    return Written.NEW
