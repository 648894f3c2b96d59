"""A newer Slipway goes on with what an older one wrote: its deploys are under way while it is replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploys.deploy import Deploy

RECORDS = (Path(__file__).parent / "records_of_older_versions.jsonl").read_text().splitlines()
"""As Redis held them, in several phases. Lines are added, and none is ever changed."""


@pytest.mark.parametrize("record", RECORDS, ids=[json.loads(record)["phase"] for record in RECORDS])
def test_a_record_of_an_older_version_is_read_with_all_that_it_says(record: str) -> None:
    read = json.loads(Deploy.model_validate_json(record).model_dump_json())

    assert holds(read, json.loads(record))


def holds(new: Any, old: Any) -> bool:
    """Whether all of the old stands in the new, which may know more."""
    if isinstance(old, dict):
        return all(key in new and holds(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return len(new) == len(old) and all(map(holds, new, old))
    return bool(new == old)
