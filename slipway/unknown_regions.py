"""Regions that this version of boto3 has not heard of: new ones, or slips of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploys.catalogue.service import Service
from deploys.catalogue.suggestions import did_you_mean


def list_unknown_regions(services: Iterable[Service]) -> Iterator[str]:
    """A note for each such region. boto3 carries its list along, so nobody is asked."""
    import boto3

    session = boto3.Session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ecs", partition)
    }
    users: dict[str, list[str]] = {}
    for service in services:
        users.setdefault(service.region, []).append(f"`{service.name}`")
    for region in sorted(users.keys() - known):
        yield (
            f" `{region}`, the region of {', '.join(users[region])}, is not among those with ECS that boto3 "
            f"{boto3.__version__} knows.{did_you_mean(region, known)}"
        )
