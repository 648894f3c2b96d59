"""`slipway schema`: the JSON Schema of services.yml, for editors to complete and check the file."""

from __future__ import annotations

import json
from typing import Any

import typer

from deploys.catalogue.file_model import ServicesFile


def build_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of services.yml.

    It describes single keys and values. Only `slipway check` knows the rules about several keys together.
    """
    schema = ServicesFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "services.yml of Slipway",
    }


HELP = """Print the JSON Schema of services.yml, so that editors complete it.

Write it to a file, `slipway schema > services.schema.json`. The first line of services.yml then names it:

`# yaml-language-server: $schema=services.schema.json`
"""
"""Not a docstring, because `python -OO` drops those."""


def schema() -> None:
    """`slipway schema`."""
    typer.echo(json.dumps(build_schema(), indent=2, ensure_ascii=False))
