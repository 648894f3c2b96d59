"""What a run of the benchmark has found: one schema, kept as JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Figures = dict[str, float | None]
"""Figures of one subject by name; parts of a name are separated by slashes. None: it could not be had."""
SCHEMA = 1


class Machine(BaseModel):
    """Where it was measured."""

    model_config = ConfigDict(frozen=True)

    cores: int
    memory_gigabytes: float
    system: str
    python: str
    packages: dict[str, str]
    """Versions of what the figures depend on."""
    load_before: float
    """Load of the machine before the run (average of one minute): more than 0.5 makes the figures worse."""


class Results(BaseModel):
    """One run."""

    model_config = ConfigDict(frozen=True)

    schema_number: int = SCHEMA
    form: Literal["full", "quick", "tiny"]
    commit: str
    """git's name of what was measured; `+` behind it: with changes that are not committed."""
    began_at: str
    """UTC, ISO 8601."""
    seconds: float
    """How long the run took."""
    workers: int
    machine: Machine
    figures: dict[str, Figures]
    """By subject: `ack`, `in_flight/100`, `burst` ... A subject that was not measured is missing."""
    notes: tuple[str, ...] = ()
    """What a reader of the figures has to know about this run."""
    failed: tuple[str, ...] = ()
    """Parts that could not be measured to their end."""

    def figure(self, subject: str, name: str) -> float | None:
        """One figure; None if it was not measured."""
        return self.figures.get(subject, {}).get(name)


def most_in_flight(results: Results) -> int:
    """The largest number of deploys in flight that was measured (count); 0 if none was."""
    levels = (each.rpartition("/")[2] for each in results.figures if each.startswith("in_flight/"))
    return max(map(int, levels), default=0)


def read_results(path: Path) -> Results:
    """The results in a file. Raises pydantic's ValidationError."""
    return Results.model_validate_json(path.read_text())


def this_machine() -> Machine:
    """Facts about this machine."""
    packages = ("rq", "redis", "slack-bolt", "boto3", "gunicorn", "pydantic")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        memory_gigabytes=round(pages / 1e9, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={each: importlib.metadata.version(each) for each in packages},
        load_before=round(os.getloadavg()[0], 2),
    )


def this_commit(folder: Path) -> str:
    """git's short name of this checkout's commit; `unknown` outside a checkout."""
    git = ["git", "-C", str(folder)]
    try:
        name = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name.stdout.strip() + ("+" if changed.stdout.strip() else "")


def with_prefix(prefix: str, figures: Mapping[str, float | None]) -> Figures:
    """The same figures, under this prefix."""
    return {f"{prefix}/{name}": value for name, value in figures.items()}
