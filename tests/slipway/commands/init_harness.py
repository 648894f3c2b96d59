"""Running `slipway init` and the commands that go by its files, and the files that it wrote."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from tests.slipway.whole_cli import app

IAM_FILES = ["iam/slipway-workers.json", "iam/slipway-workers-2.json"]


def run_slipway(*arguments: str, typed: str | None = None) -> Result:
    """typed: what a person on a terminal answers."""
    return CliRunner().invoke(app, arguments, input=typed)


def run_init(*arguments: str, typed: str | None = None) -> Result:
    return run_slipway("init", *arguments, typed=typed)


def written_files(folder: Path = Path()) -> set[str]:
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
