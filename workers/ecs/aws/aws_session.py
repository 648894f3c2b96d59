"""The boto3 session, which keeps little of botocore's descriptions of AWS in memory.

Half of what botocore reads of a service is documentation, and it reads the endpoints of 300 services, though
it works most out by rules. A worker would keep all that as long as it lives: 13 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import botocore.session
from botocore.loaders import JSONFileLoader, Loader, create_loader
from botocore.model import ServiceModel

ENDPOINTS_KEPT = frozenset(
    {
        "api.ecr",
        "application-autoscaling",
        "ecs",
        "iam",
        "logs",
        "monitoring",
        "oidc",
        "portal.sso",
        "sqs",
        "sts",
    }
)
"""Whose endpoints are kept, by endpoint prefix: what Slipway calls, and what gives credentials."""


class DescriptionLoader(JSONFileLoader):
    """Reads descriptions, and drops what no call needs while it reads."""

    def _load_file(self, full_path: str, open_method: Callable[..., BinaryIO]) -> Any:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return json.load(file, object_hook=_without_unneeded)


def new_session() -> boto3.Session:
    """A session with the credentials and the configuration of boto3's environment.

    Raises:
        botocore.exceptions.BotoCoreError: that configuration is wrong.
    """
    return boto3.Session(botocore_session=_botocore_session())


def operation_members(service: str, operation: str) -> frozenset[str]:
    """The members of an operation's request. Nothing is read again if a client of the service was built."""
    loader = _botocore_session().get_component("data_loader")
    described = loader.load_service_model(service, "service-2", api_version=None)  # as a client asks for it
    shape = ServiceModel(described, service).operation_model(operation).input_shape
    return frozenset(shape.members) if shape else frozenset()


def _botocore_session() -> botocore.session.Session:
    session = botocore.session.get_session()
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
