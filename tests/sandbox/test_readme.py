"""The example in sandbox/README.md works as it is printed there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import sandbox
from sandbox.slack.blockkit.block_limits import BLOCKS
from sandbox.slack.webapi.methods import METHODS

README = Path(str(sandbox.__file__)).with_name("README.md").read_text(encoding="utf-8")


def test_the_example_of_another_bot_works() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, Callable[[], None]] = {}

    exec(compile(example, "sandbox/README.md", "exec"), names)

    names["test_it_counts_the_tasks_of_a_service"]()


def test_the_methods_and_blocks_that_are_played_are_listed() -> None:
    played = README.partition("## What is not played")[0]

    assert {method for method in METHODS if f"`{method}`" not in played} == set()
    assert {block for block in BLOCKS if f"`{block}`" not in played} == set()


def test_every_folder_is_described() -> None:
    table = README.partition("## What is played")[0]
    root = Path(str(sandbox.__file__)).parent
    folders = {
        f"{path.parent.name}/{path.name}/"
        for part in ("slack", "ecs")
        for path in (root / part).iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }

    assert {folder for folder in folders if f"`{folder}`" not in table} == set()
