"""Who may do what with the other verbs, and from where: allowed, refused, and changed before it runs."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.records.phases import Outcome, Phase
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, DEPLOYS_CHANNEL, GENERAL_CHANNEL
from tests.builders import a_service
from tests.conversations.talk import Talk
from tests.slack_directory import a_channel

DIRECT = "D01ALICE00"


@pytest.fixture
def talk(ecs: EcsSandbox, redis: Redis) -> Talk:
    """alice does everything with web; bob approves; carol is named by no rule. From one channel."""
    rights = {
        "deployers": (ALICE,),
        "approvers": (BOB,),
        "may_roll_back": (ALICE,),
        "may_scale": (ALICE,),
        "may_run": (ALICE,),
        "may_override": (ALICE,),
    }
    return Talk(ecs, redis, a_service("web", **rights, channels=(DEPLOYS_CHANNEL,)))


VERBS = [
    ("/deploy web 1.4.2", "deployers", "deploy"),
    ("/deploy restart web", "deployers", "deploy"),
    ("/deploy rollback web 1.4.1", "may_roll_back", "roll back"),
    ("/deploy scale web 2", "may_scale", "scale"),
    ("/deploy run web -- ls", "may_run", "run commands in"),
]
each_verb = pytest.mark.parametrize(("typed", "rule", "phrase"), VERBS, ids=[rule[0] for rule in VERBS])


@each_verb
def test_who_is_named_may_and_others_are_told_who(talk: Talk, typed: str, rule: str, phrase: str) -> None:
    assert talk.says(CAROL, typed) == (
        f"You may not {phrase} `web`. Those who may: <@{ALICE}>, as `{rule}` in `services.yml` says."
    )
    assert talk.engine.store.active() == []

    talk.edit("web", **{rule: (ALICE, CAROL)})
    assert talk.says(CAROL, typed).startswith("Queued: ")


@each_verb
def test_who_is_no_longer_named_when_it_runs_is_refused(
    talk: Talk, typed: str, rule: str, phrase: str
) -> None:
    asked = talk.deploys(ALICE, typed)
    talk.edit("web", **{rule: (DAVE,)})

    outcome, said = talk.ends(asked)

    assert outcome is Outcome.REFUSED
    assert (
        f"You may not {phrase} `web`. Those who may: <@{DAVE}>, as `{rule}` in `services.yml` says." in said
    )
    assert talk.engine.running_tags("web") == {"1.4.0"}


def become_shared(talk: Talk) -> None:
    talk.directory.channels[DEPLOYS_CHANNEL] = a_channel(is_shared=True)


def move(talk: Talk) -> None:
    talk.edit("web", channels=(GENERAL_CHANNEL,))


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"channel": GENERAL_CHANNEL}, "`web` may not be deployed from this channel, only from"),
        ({"channel": DIRECT}, "`web` may not be changed or asked about in direct messages"),
    ],
)
def test_from_another_place_nothing_is_deployed(talk: Talk, where: dict[str, str], why: str) -> None:
    assert talk.says(ALICE, "/deploy web 1.4.2", **where).startswith(why)
    assert talk.engine.store.active() == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (become_shared, "This channel is shared with another organisation"),
        (move, "`web` may not be deployed from this channel"),
    ],
)
def test_a_place_that_is_not_allowed_any_more_when_it_runs_counts(talk: Talk, change: Any, why: str) -> None:
    asked = talk.deploys(ALICE, "/deploy web 1.4.2")
    change(talk)

    outcome, said = talk.ends(asked)

    assert outcome is Outcome.REFUSED
    assert why in said
    assert talk.engine.running_tags("web") == {"1.4.0"}


def test_what_follows_changes_nothing_and_passes_locks_and_stops(talk: Talk) -> None:
    talk.says(ALICE, "/deploy lock web checking the graphs")
    talk.says(ALICE, "/deploy stop-all the database is slow")
    talk.edit("web", deployers=(ALICE, DAVE))

    followed = talk.deploys(DAVE, "/deploy follow web")

    outcome, said = talk.ends(followed)
    assert outcome is Outcome.REFUSED
    assert "No deployment of `web` is in progress" in said


def test_a_command_and_a_count_wait_while_all_deploys_are_stopped(talk: Talk) -> None:
    talk.says(ALICE, "/deploy stop-all the database is slow")
    asked = [talk.deploys(ALICE, each) for each in ("/deploy scale web 2", "/deploy run web -- ls")]
    for each in asked:
        assert "stopped all deploys" in talk.is_held(each)
    assert {talk.deploy(each).phase for each in asked} == {Phase.WAITING}

    talk.says(ALICE, "/deploy resume-all")

    assert [talk.ends(each)[0] for each in asked] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
