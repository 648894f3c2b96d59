"""The policies in docs/iam.md, which come from the code.

`python -m slipway.iam.policies_page FILE` (`make docs`) writes them into the page.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from deploys.catalogue.nested_keys import PostCheck, PreTask, Role
from deploys.catalogue.service import Service, Strategy
from slipway.iam.policies import policies
from slipway.iam.statement import Json

OTHER_ACCOUNT_ROLE = "arn:aws:iam::OTHER_ACCOUNT:role/slipway"

_BLOCK = re.compile(r"(?<=<!-- policy: )(?P<name>[\w-]+)(?P<head> -->\n\n```json\n).*?(?=\n```\n)", re.DOTALL)
"""A policy on the page, below a comment that names it."""


def update_page(page: str) -> str:
    """The page with the policies as the code has them. Raises ValueError unless it has each of them once."""
    texts = {name: json.dumps(document, indent=2) for name, document in _documents().items()}
    found = [match["name"] for match in _BLOCK.finditer(page)]
    if sorted(found) != sorted(texts):
        raise ValueError(f"the page has the policies {found}, and not each of {list(texts)} once")
    return _BLOCK.sub(lambda match: f"{match['name']}{match['head']}{texts[match['name']]}", page)


def _documents() -> dict[str, Json]:
    """Of services that use everything: stop-start, native, a task before, a check of alarms."""
    own = {
        "cluster": "CLUSTER",
        "region": "REGION",
        "ecs_service": "SERVICE",
        "before": PreTask(command=("migrate",)),
        "after": PostCheck(alarms=("ALARM",)),
    }
    elsewhere = Role(arn=OTHER_ACCOUNT_ROLE, external_id="EXTERNAL_ID")
    workers, other = policies(
        [
            _service("SERVICE", strategy=Strategy.STOP_START, **own),
            _service("SERVICE", strategy=Strategy.NATIVE, **own),
            _service("OTHER_SERVICE", role=elsewhere, **own),
        ]
    )
    whole = {"Version": "2012-10-17", "Statement": [each.as_json() for each in workers.statements]}
    assert other.trust is not None
    return {"workers": whole, "trust": other.trust}


def _service(name: str, **keys: Any) -> Service:
    return Service(name=name, **keys)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(update_page(file.read_text()))
