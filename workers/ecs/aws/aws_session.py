"""The session of botocore, which keeps little of its descriptions of AWS in memory.

Half of what botocore reads of a service is documentation, and it reads the endpoints of 300 services, though
it works most out by rules. A worker would keep all that as long as it lives: 13 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from botocore.loaders import JSONFileLoader, Loader, create_loader
from botocore.session import Session, get_session

ENDPOINTS_KEPT = frozenset(
    {
        "api.ecr",
        "application-autoscaling",
        "ecs",
        "iam",
        "logs",
        "monitoring",
        "sqs",
        "sts",
    }
)
"""The services that Slipway calls, by endpoint prefix: the rules do not give all of their endpoints."""


class DescriptionLoader(JSONFileLoader):
    """Reads descriptions, and drops what no call needs while it reads."""

    def _load_file(self, full_path: str, open_method: Callable[..., BinaryIO]) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return json.load(file, object_hook=_without_unneeded)


def new_session() -> Session:
    """A session with the credentials and the configuration of boto3's environment. boto3's own session would
    load all that it has for S3 and DynamoDB.

    Raises:
        botocore.exceptions.BotoCoreError: that configuration is wrong.
    """
    session = get_session()
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    """One for all sessions: each loader keeps what it has read."""
    loader = create_loader(data_path)
    loader.file_loader = DescriptionLoader()
    return loader


def _without_unneeded(read: dict[str, Any]) -> dict[str, Any]:
    """One object of a description, inner ones first. A dict takes half the memory of botocore's OrderedDict,
    and keeps the order, too."""
    if isinstance(read.get("documentation"), str):
        del read["documentation"]
    if "regionRegex" in read and "services" in read:  # a partition in endpoints.json
        read["services"] = {name: each for name, each in read["services"].items() if name in ENDPOINTS_KEPT}
    return read
