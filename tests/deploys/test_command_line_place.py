"""Where something counts as asked that was typed on the command line, and what is read beforehand. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.command_line_keys import CommandLine
from deploys.catalogue.notify_keys import Notify
from deploys.command_line_place import place_of, standby_age, standby_ids
from tests.builders import a_service

FIRST, SECOND, CARDS, REST = "C01FIRST00", "C02SECOND0", "C03CARDS00", "C04REST000"
CI = {"ci": {"user": "U05CI00000", "sha256": "0" * 64}}


@pytest.mark.parametrize(
    ("service", "channel", "place"),
    [
        ({"channels": (FIRST, SECOND)}, REST, FIRST),
        ({"channels": (FIRST,), "notify": Notify(channel=CARDS)}, REST, CARDS),
        ({"notify": Notify(channel=CARDS)}, "", CARDS),
        ({}, REST, REST),
        ({}, "", ""),
    ],
)
def test_the_channel_of_a_service(service: dict[str, Any], channel: str, place: str) -> None:
    assert place_of(a_service(**service), CommandLine(channel=channel)) == place


def test_people_and_channels_are_read_beforehand_only_if_somebody_may_ask() -> None:
    services = {"web": a_service(channels=(FIRST, SECOND)), "api": a_service("api")}
    keys: dict[str, Any] = {"users": {"alice": "U01ALICE00"}, "tokens": CI, "channel": REST}

    named = standby_ids(Catalogue(services, command_line=CommandLine.model_validate(keys)))
    unnamed = standby_ids(Catalogue(services, command_line=CommandLine(channel=REST)))

    assert named == {"U01ALICE00", "U05CI00000", FIRST, REST}
    assert unnamed == frozenset()


@pytest.mark.parametrize(("lasts", "age"), [(300, 75), (3600, 900), (43_200, 1800), (604_800, 1800)])
def test_they_are_read_again_long_before_it_is_too_old(lasts: int, age: float) -> None:
    assert standby_age(CommandLine(slack_answers_last=lasts)) == age
