"""`slipway schema`: the JSON Schema of services.yml, with which editors complete and check it."""

from __future__ import annotations

import json
from typing import Any

import typer

from deploys.catalogue.file_model import ServicesFile


def build_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of services.yml.

    It says what one value may be. What several keys mean together is for `slipway check` to say.
    """
    described = ServicesFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": "services.yml of Slipway",
    }


HELP = """Print the JSON Schema of services.yml, so that editors complete it.

Write it to a file, `slipway schema > services.schema.json`. The first line of services.yml then names it:

`# yaml-language-server: $schema=services.schema.json`
"""
"""Not the docstring, which `python -OO` drops."""


def schema() -> None:
    """`slipway schema`."""
    typer.echo(json.dumps(build_schema(), indent=2, ensure_ascii=False))
