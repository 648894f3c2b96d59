"""The channel of a request for several services. Pure."""

from __future__ import annotations

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.command_line_keys import CommandLine
from slipway.requests.place import common_place
from tests.builders import a_service

FIRST, SECOND, REST = "C01FIRST00", "C02SECOND0", "C04REST000"


@pytest.mark.parametrize(
    ("channels", "place"),
    [
        (((FIRST,), (FIRST,)), FIRST),
        (((FIRST, SECOND), (SECOND,)), SECOND),
        (((FIRST,), ()), FIRST),
        (((), (SECOND,)), SECOND),
        (((), ()), REST),
        (((FIRST,), (SECOND,)), FIRST),  # which the second service refuses, as in Slack
        ((), ""),
    ],
)
def test_the_channel_of_several_services(channels: tuple[tuple[str, ...], ...], place: str) -> None:
    services = {f"s{n}": a_service(f"s{n}", channels=each) for n, each in enumerate(channels)}
    catalogue = Catalogue(services, command_line=CommandLine(channel=REST))

    assert common_place(tuple(services), catalogue) == place
