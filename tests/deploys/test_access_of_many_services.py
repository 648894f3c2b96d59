"""Services with the same rules are decided about together."""

from __future__ import annotations

import itertools
from typing import Any, cast

import pytest
from redis import Redis

from deploys.access import Access
from deploys.access_rules import group_by_rules
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.notify_keys import Notify
from deploys.catalogue.service import Service
from deploys.stores.user_groups import UserGroups
from tests.builders import NOW, a_service
from tests.slack_directory import TEAM, KnownDirectory, a_channel, a_person

ALICE, BOB, GUEST = "U01ALICE00", "U02BOB0000", "U05GINA000"
DEPLOYERS = "S01DEPLOYERS"
DEPLOYS, GENERAL, PARTNERS, DIRECT = "C01DEPLOYS", "C02GENERAL", "C05PARTNERS", "D01ALICE00"

VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "twin": {"cluster": "another", "approvals": 2},
    "deployers": {"deployers": (BOB,)},
    "group": {"deployers": (DEPLOYERS,)},
    "approvers": {"approvers": (BOB,)},
    "roll-back": {"may_roll_back": (BOB,)},
    "lock": {"may_lock": (BOB,)},
    "scale": {"may_scale": (BOB,)},
    "run": {"may_run": (BOB,)},
    "override": {"may_override": (BOB,)},
    "guests": {"guests": True, "deployers": (ALICE, GUEST)},
    "guests-not": {"deployers": (ALICE, GUEST)},
    "channels": {"channels": (DEPLOYS,)},
    "told": {"channels": (DEPLOYS,), "notify": Notify(channel=GENERAL)},
    "direct": {"direct_messages": True},
    "shared": {"shared_channels": True},
}
SERVICES = tuple(a_service(name, **{"deployers": (ALICE,), **changes}) for name, changes in VARIANTS.items())
ASKERS = [
    Asker(user, TEAM, channel)
    for user, channel in itertools.product(
        (ALICE, BOB, GUEST, "U09STRANGE"), (DEPLOYS, GENERAL, PARTNERS, DIRECT, "")
    )
]


@pytest.fixture
def world(redis: Redis) -> tuple[UserGroups, KnownDirectory]:
    groups, directory = UserGroups(redis), KnownDirectory(redis)
    groups.save_members(DEPLOYERS, [BOB], NOW)
    directory.people[GUEST] = a_person(is_guest=True)
    directory.channels[PARTNERS] = a_channel(is_shared=True)
    return groups, directory


def access_to(services: tuple[Service, ...], world: tuple[UserGroups, Any]) -> Access:
    return Access(Catalogue({each.name: each for each in services}), *world, now=lambda: NOW)


def test_only_services_with_the_same_rules_are_grouped() -> None:
    grouped = [[each.name for each in group] for group in group_by_rules(SERVICES)]

    assert [names for names in grouped if len(names) > 1] == [["base", "twin"]]


@pytest.mark.parametrize(
    "asker", ASKERS, ids=lambda asker: f"{asker.user} in {asker.channel or 'no channel'}"
)
def test_together_they_are_decided_about_as_each_alone(
    world: tuple[UserGroups, KnownDirectory], asker: Asker
) -> None:
    together = access_to(SERVICES, world)
    alone = [access_to((each,), world) for each in SERVICES]

    assert [*together.seen_by(asker).services] == [
        name for each in alone for name in each.seen_by(asker).services
    ]
    assert [*together.deployable_by(asker).services] == [
        name for each in alone for name in each.deployable_by(asker).services
    ]


class WatchedService:
    """A service that notes which of its keys are looked at."""

    def __init__(self, service: Service, looked_at: set[str]) -> None:
        self._service = service
        self._looked_at = looked_at

    def __getattr__(self, name: str) -> Any:
        self._looked_at.add(name)
        return getattr(self._service, name)


def test_whatever_decides_about_a_service_is_among_what_they_are_grouped_by(
    world: tuple[UserGroups, KnownDirectory],
) -> None:
    grouped_by: set[str] = set()
    group_by_rules(cast("Service", WatchedService(each, grouped_by)) for each in SERVICES)
    decided_by: set[str] = set()
    for service in SERVICES:
        access = access_to((service,), world)
        watched = (cast("Service", WatchedService(service, decided_by)),)
        access._groups_by_rules = (watched,)
        for asker in ASKERS:
            access.seen_by(asker)
            access.deployable_by(asker)

    assert {"deployers", "channels", "guests"} <= decided_by
    assert decided_by - {"name"} <= grouped_by
