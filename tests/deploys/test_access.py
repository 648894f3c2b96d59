"""Who may do what, as tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from deploys.access import Access
from deploys.access_rules import Action, named_channels
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.notify_keys import Notify
from deploys.catalogue.service import Service
from deploys.errors import (
    ChannelHidden,
    ChannelUnknown,
    DirectMessageRefused,
    GuestRefused,
    MayNotWithdraw,
    MembershipUnknown,
    NoSelfApproval,
    NotADeployer,
    NotAllowed,
    NotAMember,
    NotAnApprover,
    PersonUnknown,
    Refused,
    SharedChannelRefused,
    UnknownService,
    WrongChannel,
    WrongChannelForQuery,
)
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.stores.slack_directory import MAX_AGE_SECONDS, Channel, ChannelKind, Person, SlackDirectory
from deploys.stores.user_groups import UserGroups
from tests.builders import NOW, a_deploy, a_service, a_stop_start_service
from tests.deploys.access_rules import World
from tests.slack_directory import TEAM, KnownDirectory, a_channel, a_person

ALICE, BOB, CAROL, DAVE, GINA = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000", "U05GINA000"
DEPLOYERS, APPROVERS, NOBODY_READ = "S01DEPLOYERS", "S02APPROVERS", "S09NOBODY"
DEPLOYS, GENERAL, PARTNERS, DIRECT = "C01DEPLOYS", "C02GENERAL", "C05PARTNERS", "D01ALICE00"

SERVICES = (
    a_service("open"),
    a_service("closed", deployers=()),
    a_service("people", deployers=(ALICE,), channels=(DEPLOYS,)),
    a_service("told", deployers=(ALICE,), channels=(DEPLOYS,), notify=Notify(channel=GENERAL)),
    a_service("group", deployers=(DEPLOYERS,)),
    a_service("unread", deployers=(ALICE, NOBODY_READ, DEPLOYERS), approvers=(BOB,)),
    a_service("loose", deployers=(ALICE,), channels=(DEPLOYS,), direct_messages=True, shared_channels=True),
    a_service("for-guests", guests=True),
    a_service(
        "split",
        deployers=(ALICE,),
        may_roll_back=(BOB,),
        may_lock=(CAROL,),
        may_scale=(BOB,),
        may_run=(CAROL,),
        may_override=(DAVE,),
    ),
    a_stop_start_service("ledger", deployers=(DEPLOYERS,), approvers=(APPROVERS,), channels=(DEPLOYS,)),
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
def directory(redis: Redis) -> KnownDirectory:
    known = KnownDirectory(redis)
    known.people[GINA] = a_person(is_guest=True)
    known.channels[PARTNERS] = a_channel(is_shared=True)
    return known


@pytest.fixture
def access(groups: UserGroups, directory: KnownDirectory) -> Access:
    return access_to(SERVICES, groups, directory)


def access_to(services: tuple[Service, ...], groups: UserGroups, directory: SlackDirectory) -> Access:
    return Access(Catalogue({each.name: each for each in services}), groups, directory, now=lambda: NOW)


def asker(user: str, channel: str = DEPLOYS) -> Asker:
    return Asker(user, TEAM, channel)


def access_answer(ask: Callable[[], None]) -> str:
    """`yes`, or the name of what was raised."""
    try:
        ask()
    except Refused as error:
        return type(error).__name__
    return "yes"


@pytest.mark.parametrize(
    ("user", "service", "channel", "answer"),
    [
        (CAROL, "open", GENERAL, "yes"),
        (CAROL, "closed", GENERAL, NotADeployer.__name__),
        (ALICE, "people", DEPLOYS, "yes"),
        (ALICE, "people", GENERAL, WrongChannel.__name__),
        (ALICE, "told", GENERAL, "yes"),
        (ALICE, "told", PARTNERS, WrongChannel.__name__),
        (ALICE, "people", DIRECT, DirectMessageRefused.__name__),
        (CAROL, "people", DEPLOYS, NotADeployer.__name__),
        (CAROL, "people", GENERAL, NotADeployer.__name__),
        (DAVE, "group", GENERAL, "yes"),
        (BOB, "group", GENERAL, NotADeployer.__name__),
        (ALICE, "unread", GENERAL, "yes"),
        (DAVE, "unread", GENERAL, "yes"),
        (CAROL, "unread", GENERAL, MembershipUnknown.__name__),
        (ALICE, "gone", GENERAL, UnknownService.__name__),
        (GINA, "open", GENERAL, GuestRefused.__name__),
        (GINA, "for-guests", GENERAL, "yes"),
        (ALICE, "open", DIRECT, DirectMessageRefused.__name__),
        (ALICE, "open", PARTNERS, SharedChannelRefused.__name__),
        (ALICE, "loose", DIRECT, "yes"),
        (ALICE, "loose", DEPLOYS, "yes"),
        (ALICE, "loose", PARTNERS, WrongChannel.__name__),
        (ALICE, "open", "", WrongChannel.__name__),
    ],
)
def test_deploying(access: Access, user: str, service: str, channel: str, answer: str) -> None:
    assert access_answer(lambda: access.may(Action.DEPLOY, asker(user, channel), service)) == answer


@pytest.mark.parametrize(
    ("user", "service", "channel", "answer"),
    [
        (CAROL, "open", GENERAL, "yes"),
        (CAROL, "people", DEPLOYS, "yes"),
        (CAROL, "people", GENERAL, WrongChannelForQuery.__name__),
        (GINA, "people", DEPLOYS, GuestRefused.__name__),
        (ALICE, "people", DIRECT, DirectMessageRefused.__name__),
        (ALICE, "open", PARTNERS, SharedChannelRefused.__name__),
        (ALICE, "people", "", "yes"),
        (CAROL, "people", "", NotAllowed.__name__),
        (BOB, "ledger", "", "yes"),
        (CAROL, "unread", "", MembershipUnknown.__name__),
    ],
)
def test_seeing(access: Access, user: str, service: str, channel: str, answer: str) -> None:
    assert access_answer(lambda: access.may(Action.SEE, asker(user, channel), service)) == answer
    assert (service in access.seen_by(asker(user, channel)).services) == (answer == "yes")


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.DEPLOY, ALICE),
        (Action.ROLL_BACK, BOB),
        (Action.LOCK, CAROL),
        (Action.SCALE, BOB),
        (Action.RUN, CAROL),
        (Action.OVERRIDE, DAVE),
    ],
)
def test_each_action_has_its_own_people(access: Access, action: Action, allowed: str) -> None:
    for user in (ALICE, BOB, CAROL, DAVE):
        answer = access_answer(lambda: access.may(action, asker(user), "split"))  # noqa: B023
        assert (answer == "yes") == (user == allowed)


def test_unless_the_file_says_it_deployers_scale_and_nobody_runs_commands(access: Access) -> None:
    assert access_answer(lambda: access.may(Action.SCALE, asker(ALICE), "people")) == "yes"
    assert access_answer(lambda: access.may(Action.SCALE, asker(CAROL), "people")) == NotAllowed.__name__
    for service in ("open", "people", "trusting"):
        refused = access_answer(lambda: access.may(Action.RUN, asker(ALICE), service))  # noqa: B023
        assert refused == NotAllowed.__name__


@pytest.mark.parametrize(
    ("verb", "phase", "may"),
    [
        (Verb.SCALE, Phase.PLANNING, {DAVE}),  # its requester
        (Verb.SCALE, Phase.FOLLOWING_COUNT, {BOB}),
        (Verb.RUN, Phase.PLANNING, {DAVE, CAROL}),
        (Verb.RUN, Phase.RUNNING_COMMAND, {DAVE, CAROL}),
    ],
)
def test_who_undoes_a_scaling_and_stops_a_command(
    access: Access, verb: Verb, phase: Phase, may: set[str]
) -> None:
    deploy = a_deploy(a_service("split"), verb=verb, phase=phase, request={"requester": DAVE})

    for user in (ALICE, BOB, CAROL, DAVE):
        answer = access_answer(lambda: access.may_cancel(asker(user), deploy))  # noqa: B023
        assert (answer == "yes") == (user in may), user


@pytest.mark.parametrize(
    ("person", "answer"),
    [
        (None, PersonUnknown.__name__),
        (a_person(is_deleted=True), NotAMember.__name__),
        (a_person(is_bot=True), NotAMember.__name__),
        (a_person(is_stranger=True), NotAMember.__name__),
        (a_person(teams=("T02FOREIGN",)), NotAMember.__name__),
        (a_person(teams=()), NotAMember.__name__),
        (a_person(teams=("T03OTHER00", TEAM)), "yes"),
    ],
)
def test_who_slack_says_it_is(
    access: Access, directory: KnownDirectory, person: Person | None, answer: str
) -> None:
    directory.people[ALICE] = person

    for action in (Action.DEPLOY, Action.SEE):
        assert access_answer(lambda: access.may(action, asker(ALICE), "open")) == answer  # noqa: B023
    assert access_answer(lambda: access.may_cancel(asker(ALICE), a_deploy(a_service("open")))) == answer


@pytest.mark.parametrize(
    ("channel", "answer"),
    [
        (None, ChannelUnknown.__name__),
        (a_channel(kind=ChannelKind.HIDDEN), ChannelHidden.__name__),
        (a_channel(kind=ChannelKind.DIRECT), DirectMessageRefused.__name__),
        (a_channel(kind=ChannelKind.GROUP_DIRECT), DirectMessageRefused.__name__),
        (a_channel(kind=ChannelKind.PRIVATE), "yes"),
        (a_channel(kind=ChannelKind.PRIVATE, is_shared=True), SharedChannelRefused.__name__),
    ],
)
def test_what_slack_says_of_the_channel(
    access: Access, directory: KnownDirectory, channel: Channel | None, answer: str
) -> None:
    directory.channels[GENERAL] = channel

    assert access_answer(lambda: access.may(Action.DEPLOY, asker(ALICE, GENERAL), "open")) == answer


def test_a_channel_that_the_request_itself_calls_shared(access: Access) -> None:
    shared = Asker(ALICE, TEAM, GENERAL, in_shared_channel=True)

    assert access_answer(lambda: access.may(Action.DEPLOY, shared, "open")) == SharedChannelRefused.__name__


@pytest.mark.parametrize(("read", "known"), [(0, True), (-MAX_AGE_SECONDS - 1, False), (60, False)])
def test_knowledge_that_is_too_old_or_of_the_future_is_none(redis: Redis, read: float, known: bool) -> None:
    directory, groups = SlackDirectory(redis), UserGroups(redis)
    directory.save_person(ALICE, a_person(read_at=NOW + read))
    directory.save_channel(DEPLOYS, a_channel(read_at=NOW + read))
    groups.save_members(DEPLOYERS, [ALICE], NOW + read)

    assert (directory.person(ALICE, NOW) is not None) is known
    assert (directory.channel(DEPLOYS, NOW) is not None) is known
    assert (groups.members(DEPLOYERS, NOW) is not None) is known


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

    assert access_answer(lambda: access.may_decide(asker(user), deploy)) == answer


def touched(service: str, requester: str) -> Deploy:
    return a_deploy(a_service(service), request={"requester": requester}, phase=Phase.FOLLOWING)


def untouched(service: str, requester: str) -> Deploy:
    return a_deploy(a_service(service), request={"requester": requester}, phase=Phase.WAITING)


@pytest.mark.parametrize(
    ("user", "service", "requester", "to_withdraw", "to_roll_back"),
    [
        (CAROL, "ledger", CAROL, "yes", NotAllowed.__name__),
        (DAVE, "ledger", ALICE, "yes", "yes"),
        (BOB, "ledger", ALICE, "yes", "yes"),
        (ALICE, "ledger", DAVE, MayNotWithdraw.__name__, "yes"),
        (CAROL, "ledger", ALICE, MayNotWithdraw.__name__, NotAllowed.__name__),
        (CAROL, "open", ALICE, MayNotWithdraw.__name__, "yes"),
        (ALICE, "split", ALICE, "yes", NotAllowed.__name__),
        (BOB, "split", ALICE, MayNotWithdraw.__name__, "yes"),
        (BOB, "unread", ALICE, "yes", "yes"),
        (CAROL, "unread", ALICE, MayNotWithdraw.__name__, MembershipUnknown.__name__),
        (GINA, "open", GINA, GuestRefused.__name__, GuestRefused.__name__),
        (ALICE, "gone", ALICE, UnknownService.__name__, UnknownService.__name__),
    ],
)
def test_cancelling(
    access: Access, user: str, service: str, requester: str, to_withdraw: str, to_roll_back: str
) -> None:
    for deploy, answer in (
        (untouched(service, requester), to_withdraw),
        (touched(service, requester), to_roll_back),
    ):
        assert access_answer(lambda: access.may_cancel(asker(user), deploy)) == answer  # noqa: B023


@pytest.mark.parametrize("channel", [DIRECT, GENERAL, PARTNERS])
def test_nobody_cancels_from_where_nothing_may_be_changed(access: Access, channel: str) -> None:
    for deploy in (touched("ledger", DAVE), untouched("ledger", DAVE)):
        with pytest.raises((DirectMessageRefused, WrongChannel)):
            access.may_cancel(asker(DAVE, channel), deploy)


@pytest.mark.parametrize(
    ("channels", "of_cards", "named"),
    [
        ((DEPLOYS,), GENERAL, (DEPLOYS, GENERAL)),
        ((DEPLOYS,), DEPLOYS, (DEPLOYS,)),
        ((DEPLOYS,), "", (DEPLOYS,)),
        ((), GENERAL, ()),
    ],
)
def test_the_channel_of_the_cards_is_named_with_the_others(
    channels: tuple[str, ...], of_cards: str, named: tuple[str, ...]
) -> None:
    assert named_channels(a_service(channels=channels, notify=Notify(channel=of_cards))) == named


def test_a_refusal_names_the_channel_of_the_cards_too(access: Access) -> None:
    with pytest.raises(WrongChannel) as refused:
        access.may(Action.DEPLOY, asker(ALICE, PARTNERS), "told")

    assert f"only from <#{DEPLOYS}>, <#{GENERAL}>" in refused.value.message


def test_the_catalogue_counts_and_not_the_copy_in_the_record(access: Access) -> None:
    deploy = a_deploy(a_stop_start_service("ledger", approvers=(CAROL,)))

    with pytest.raises(NotAnApprover):
        access.may_decide(asker(CAROL), deploy)


def test_who_could_approve_instead_is_named_truthfully(access: Access) -> None:
    with pytest.raises(NoSelfApproval) as refused:
        access.may_decide(asker(ALICE), a_deploy(a_service("alone"), request={"requester": ALICE}))

    assert refused.value.message == (
        "You asked for this deploy, so somebody else has to approve it: nobody else may, see `services.yml`."
    )


def test_a_refusal_says_which_rule_refused_and_who_could(access: Access) -> None:
    with pytest.raises(NotAllowed) as refused:
        access.may(Action.ROLL_BACK, asker(ALICE), "split")
    with pytest.raises(GuestRefused) as guest:
        access.may(Action.DEPLOY, asker(GINA), "people")

    assert refused.value.message == (
        f"You may not roll back `split`. Those who may: <@{BOB}>, as `may_roll_back` in `services.yml` says."
    )
    assert guest.value.message == (
        "You are a guest of this workspace, and guests may do nothing with `people`: `guests` is not `true` "
        f"for it in `services.yml`. Those who may deploy: <@{ALICE}>."
    )


def test_a_misspelt_service_suggests_only_what_may_be_seen(access: Access) -> None:
    with pytest.raises(UnknownService) as hidden:
        access.may(Action.SEE, asker(CAROL, GENERAL), "peopel")
    with pytest.raises(UnknownService) as seen:
        access.may(Action.SEE, asker(CAROL, DEPLOYS), "peopel")

    assert "people" not in hidden.value.message.replace("peopel", "")
    assert "Did you mean `people`?" in seen.value.message


def test_whoever_left_a_group_may_no_longer(groups: UserGroups, access: Access) -> None:
    groups.save_members(APPROVERS, [DAVE], NOW)

    deploy = a_deploy(a_service("ledger"))
    assert access_answer(lambda: access.may_decide(asker(BOB), deploy)) == NotAnApprover.__name__


PEOPLE_LISTS = st.lists(
    st.sampled_from([ALICE, BOB, GINA, DEPLOYERS, APPROVERS, NOBODY_READ, "everyone"]), max_size=3
).map(tuple)
MEMBERS = {DEPLOYERS: frozenset({ALICE, DAVE}), APPROVERS: frozenset({BOB, GINA}), NOBODY_READ: None}
PERSONS = st.none() | st.builds(
    a_person,
    teams=st.sampled_from([(TEAM,), ("T02FOREIGN",), ()]),
    is_guest=st.booleans(),
    is_deleted=st.booleans(),
    is_bot=st.booleans(),
    is_stranger=st.booleans(),
)
CHANNELS = st.none() | st.builds(a_channel, kind=st.sampled_from(ChannelKind), is_shared=st.booleans())
ANY_SERVICE = st.builds(
    a_service,
    st.just("web"),
    deployers=PEOPLE_LISTS,
    approvers=PEOPLE_LISTS,
    may_roll_back=st.none() | PEOPLE_LISTS,
    may_lock=st.none() | PEOPLE_LISTS,
    may_override=st.none() | PEOPLE_LISTS,
    channels=st.sampled_from([(), (DEPLOYS,)]),
    guests=st.booleans(),
    direct_messages=st.booleans(),
    shared_channels=st.booleans(),
)


class FixedGroups(UserGroups):
    def __init__(self) -> None:
        pass

    def members(self, group: str, now: float, max_age: float = 0) -> frozenset[str] | None:
        return MEMBERS[group]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    service=ANY_SERVICE,
    action=st.sampled_from(Action),
    user=st.sampled_from([ALICE, BOB, CAROL, GINA]),
    channel=st.sampled_from([DEPLOYS, GENERAL, DIRECT, ""]),
    person=PERSONS,
    place=CHANNELS,
    shared=st.booleans(),
)
def test_nobody_may_anything_that_no_rule_allows(
    redis: Redis,
    service: Service,
    action: Action,
    user: str,
    channel: str,
    person: Person | None,
    place: Channel | None,
    shared: bool,
) -> None:
    directory = KnownDirectory(redis)
    directory.people[user] = person
    if not channel.startswith("D"):
        directory.channels[channel] = place
    access = access_to((service,), FixedGroups(), directory)
    world = World(service, user, person, channel, place, MEMBERS, in_shared_channel=shared)
    try:
        access.may(action, Asker(user, TEAM, channel, shared), "web")
    except Refused:
        return

    assert world.may_see() if action is Action.SEE else world.may(action)
