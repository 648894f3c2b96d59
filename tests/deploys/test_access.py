"""Who may do what, as tables."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import (
    MembershipUnknown,
    NoSelfApproval,
    NotADeployer,
    NotAnApprover,
    Refused,
    UnknownService,
    WrongChannel,
)
from deploys.stores.user_groups import UserGroups
from tests.builders import NOW, a_deploy, a_service, a_stop_start_service

ALICE, BOB, CAROL, DAVE = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000"
DEPLOYERS, APPROVERS, NOBODY_READ = "S01DEPLOYERS", "S02APPROVERS", "S09NOBODY"
DEPLOYS, GENERAL = "C01DEPLOYS", "C02GENERAL"

SERVICES = (
    a_service("open"),
    a_service("people", deployers=(ALICE,), channels=(DEPLOYS,)),
    a_service("group", deployers=(DEPLOYERS,)),
    a_service("unread", deployers=(ALICE, NOBODY_READ, DEPLOYERS), approvers=(BOB,)),
    a_stop_start_service("ledger", deployers=(DEPLOYERS,), approvers=(APPROVERS,)),
    a_stop_start_service("trusting", approvers=(ALICE, BOB), self_approval=True),
    a_stop_start_service("alone", approvers=(ALICE,)),
)


@pytest.fixture
def groups(redis: Redis) -> UserGroups:
    known = UserGroups(redis)
    known.save_members(DEPLOYERS, [ALICE, DAVE], NOW)
    known.save_members(APPROVERS, [BOB, DAVE], NOW)
    return known


@pytest.fixture
def access(groups: UserGroups) -> Access:
    return Access(Catalogue({each.name: each for each in SERVICES}), groups, now=lambda: NOW)


def access_answer(ask: object) -> str:
    """`yes`, or the name of what was raised."""
    try:
        ask()  # type: ignore[operator]
    except Refused as error:
        return type(error).__name__
    return "yes"


@pytest.mark.parametrize(
    ("user", "service", "channel", "answer"),
    [
        (CAROL, "open", GENERAL, "yes"),
        (ALICE, "people", DEPLOYS, "yes"),
        (ALICE, "people", GENERAL, WrongChannel.__name__),
        (CAROL, "people", DEPLOYS, NotADeployer.__name__),
        (CAROL, "people", GENERAL, NotADeployer.__name__),
        (DAVE, "group", GENERAL, "yes"),
        (BOB, "group", GENERAL, NotADeployer.__name__),
        (ALICE, "unread", GENERAL, "yes"),
        (DAVE, "unread", GENERAL, "yes"),
        (CAROL, "unread", GENERAL, MembershipUnknown.__name__),
        (ALICE, "gone", GENERAL, UnknownService.__name__),
    ],
)
def test_deploying(access: Access, user: str, service: str, channel: str, answer: str) -> None:
    assert access_answer(lambda: access.may_deploy(user, service, channel)) == answer


@pytest.mark.parametrize(
    ("user", "service", "requester", "answer"),
    [
        (BOB, "ledger", ALICE, "yes"),
        (DAVE, "ledger", ALICE, "yes"),
        (ALICE, "ledger", ALICE, NotAnApprover.__name__),
        (CAROL, "ledger", ALICE, NotAnApprover.__name__),
        (DAVE, "ledger", DAVE, NoSelfApproval.__name__),
        (ALICE, "trusting", ALICE, "yes"),
        (ALICE, "open", BOB, NotAnApprover.__name__),
        (ALICE, "gone", BOB, UnknownService.__name__),
    ],
)
def test_deciding(access: Access, user: str, service: str, requester: str, answer: str) -> None:
    deploy = a_deploy(a_service(service), request={"requester": requester})

    assert access_answer(lambda: access.may_decide(user, deploy)) == answer


@pytest.mark.parametrize(
    ("user", "service", "requester", "answer"),
    [
        (CAROL, "ledger", CAROL, "yes"),
        (CAROL, "gone", CAROL, "yes"),
        (DAVE, "ledger", ALICE, "yes"),
        (BOB, "ledger", ALICE, "yes"),
        (CAROL, "ledger", ALICE, NotADeployer.__name__),
        (CAROL, "open", ALICE, "yes"),
        (BOB, "unread", ALICE, "yes"),
        (CAROL, "unread", ALICE, MembershipUnknown.__name__),
        (ALICE, "gone", BOB, UnknownService.__name__),
    ],
)
def test_cancelling(access: Access, user: str, service: str, requester: str, answer: str) -> None:
    deploy = a_deploy(a_service(service), request={"requester": requester})

    assert access_answer(lambda: access.may_cancel(user, deploy)) == answer


def test_the_catalogue_counts_and_not_the_copy_in_the_record(access: Access) -> None:
    deploy = a_deploy(a_stop_start_service("ledger", approvers=(CAROL,)))

    with pytest.raises(NotAnApprover):
        access.may_decide(CAROL, deploy)


def test_who_could_approve_instead_is_named_truthfully(access: Access) -> None:
    with pytest.raises(NoSelfApproval) as refused:
        access.may_decide(ALICE, a_deploy(a_service("alone"), request={"requester": ALICE}))

    assert refused.value.message == (
        "You asked for this deploy, so somebody else has to approve it: nobody else may, see `services.yml`."
    )


def test_whoever_left_a_group_may_no_longer(groups: UserGroups, access: Access) -> None:
    groups.save_members(APPROVERS, [DAVE], NOW)

    assert (
        access_answer(lambda: access.may_decide(BOB, a_deploy(a_service("ledger")))) == NotAnApprover.__name__
    )
