"""The names that services get in a first services.yml."""

from __future__ import annotations

import random

import pytest

from deploys.catalogue.service_names import RESERVED_NAMES, service_name_error
from slipway.services_draft.service_names import EcsPlace, choose_names

HOME = ("eu-west-1", "production")


@pytest.mark.parametrize(
    ("in_ecs", "name"),
    [
        ("web", "web"),
        ("Web_API", "web-api"),
        ("__web--api__", "web-api"),
        ("2048", "2048"),
        ("run", "run-service"),
        ("Stop-All", "stop-all-service"),
        ("___", "service"),
        ("x" * 255, "x" * 63),
        ("a" * 62 + "_b", "a" * 62),
    ],
)
def test_a_service_is_called_as_in_ecs_as_far_as_that_is_allowed(in_ecs: str, name: str) -> None:
    place = EcsPlace(*HOME, in_ecs)

    assert choose_names([place]) == {place: name}


def names_of(*places: tuple[str, str, str]) -> list[str]:
    """In the order of the places, whatever order they are given in."""
    known = [EcsPlace(*each) for each in places]
    chosen = choose_names(known)
    assert choose_names(random.Random(1).sample(known, len(known))) == chosen
    assert len(set(chosen.values())) == len(known)
    assert all(service_name_error(name) is None for name in chosen.values())
    return [chosen[place] for place in known]


def test_the_same_name_in_two_clusters() -> None:
    places = [("eu-west-1", "production", "web"), ("eu-west-1", "staging", "web"), (*HOME, "api")]

    assert names_of(*places) == ["web-production", "web-staging", "api"]


def test_the_same_name_and_cluster_in_two_regions() -> None:
    places = [("eu-west-1", "main", "web"), ("us-east-1", "main", "web")]

    assert names_of(*places) == ["web-main-eu-west-1", "web-main-us-east-1"]


def test_two_names_of_one_cluster_that_become_the_same() -> None:
    assert names_of((*HOME, "Web_API"), (*HOME, "web-api"), (*HOME, "WEB-API")) == [
        "web-api-production-2",
        "web-api-production-3",
        "web-api-production",
    ]


def test_a_name_with_its_cluster_that_another_service_has() -> None:
    places = [("eu-west-1", "a", "web"), ("eu-west-1", "b", "web"), (*HOME, "web-a")]

    assert names_of(*places) == ["web-a-eu-west-1", "web-b", "web-a"]


def test_long_names_that_differ_only_at_their_end() -> None:
    long = "x" * 80

    first, second = names_of((*HOME, f"{long}-a"), (*HOME, f"{long}-b"))
    assert (first, second) == ("x" * 63, f"{'x' * 61}-2")


def test_every_reserved_name_becomes_one_that_is_allowed() -> None:
    assert len(names_of(*((*HOME, name) for name in sorted(RESERVED_NAMES)))) == len(RESERVED_NAMES)
