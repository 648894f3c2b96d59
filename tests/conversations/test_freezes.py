"""A freeze at the request, one that begins while a deploy waits, and who lets a deploy pass."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys import buttons
from deploys.formatting import slack_time
from deploys.records.phases import Outcome
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, BOB, CAROL
from tests.builders import NOW, a_service
from tests.conversations.talk import Talk
from tests.frozen_services import a_freeze

BEGINS, LASTS = int(NOW) + 600, 3600
UNTIL = slack_time(BEGINS + LASTS)


@pytest.fixture
def talk(ecs: EcsSandbox, redis: Redis) -> Talk:
    """web is frozen for an hour in ten minutes; alice deploys, bob overrides."""
    freeze = a_freeze(BEGINS, lasts=LASTS, reason="the sale begins")
    return Talk(ecs, redis, a_service("web", deployers=(ALICE, BOB), approvers=(BOB,), freezes=(freeze,)))


def test_before_it_begins_deploys_are_allowed_and_in_it_refused(talk: Talk) -> None:
    assert talk.ends(talk.deploys(ALICE, "/deploy web 1.4.2"))[0] is Outcome.SUCCEEDED
    talk.passes(BEGINS - talk.clock())

    assert talk.says(ALICE, "/deploy web 1.5.0") == (
        f"`web` is frozen until {UNTIL}: the sale begins (`services.yml`). Nothing was queued. Rollbacks "
        f"pass. Those who may override it: <@{BOB}>, with `/deploy override web 1.5.0 REASON`."
    )
    assert talk.ends(talk.deploys(ALICE, "/deploy rollback web"))[0] is Outcome.SUCCEEDED


def wait_into_the_freeze(talk: Talk) -> str:
    """alice's deploy, which waited while all deploys were stopped until the freeze began."""
    stop = talk.engine.stop_all(BOB)
    waiting = talk.deploys(ALICE, "/deploy web 1.5.0 the new prices")
    assert "stopped all deploys" in talk.is_held(waiting)
    talk.passes(BEGINS - talk.clock() + 5)
    talk.engine.resume_all(stop)
    talk.passes(60)
    return waiting


def test_what_waits_when_it_begins_waits_on_and_says_until_when(talk: Talk) -> None:
    waiting = wait_into_the_freeze(talk)

    assert talk.is_held(waiting) == f"`web` is frozen until {UNTIL}: the sale begins (`services.yml`)."
    talk.passes(BEGINS + LASTS - talk.clock() + 60)
    assert talk.ends(waiting)[0] is Outcome.SUCCEEDED


def test_those_who_may_let_it_pass_and_nobody_else(talk: Talk) -> None:
    waiting = wait_into_the_freeze(talk)

    assert talk.presses(CAROL, buttons.OVERRIDE_FREEZE, waiting).startswith(
        "You may not override a freeze or lock of `web`."
    )
    assert talk.deploy(waiting).override is None
    assert talk.presses(BOB, buttons.OVERRIDE_FREEZE, waiting) == ""
    assert talk.ends(waiting)[0] is Outcome.SUCCEEDED
    assert f"<@{BOB}> overrides the freeze: the new prices" in talk.engine.thread_text(waiting)
    assert talk.clock() < BEGINS + LASTS


def test_what_no_freeze_holds_needs_no_override(talk: Talk) -> None:
    talk.engine.stop_all(BOB)
    waiting = talk.deploys(ALICE, "/deploy web 1.5.0 the new prices")
    talk.is_held(waiting)

    assert talk.presses(BOB, buttons.OVERRIDE_FREEZE, waiting) == (
        "No freeze holds `web` `1.5.0`, so there is nothing to override. Nothing was changed by your click."
    )
    assert talk.deploy(waiting).override is None


def test_an_override_of_one_who_may_not_any_more_does_not_count(talk: Talk) -> None:
    waiting = wait_into_the_freeze(talk)
    assert talk.presses(BOB, buttons.OVERRIDE_FREEZE, waiting) == ""
    talk.edit("web", may_override=(ALICE,))
    talk.passes(120)

    assert talk.is_held(waiting).startswith("`web` is frozen until")
    assert talk.engine.running_tags("web") == {"1.4.0"}


def test_an_override_lets_one_deploy_pass_and_no_other(talk: Talk) -> None:
    talk.passes(BEGINS - talk.clock())
    passing = talk.deploys(BOB, "/deploy override web 1.5.0 payments are down")

    assert talk.says(BOB, "/deploy web 1.6.0").startswith(f"`web` is frozen until {UNTIL}")
    assert talk.says(BOB, "/deploy override web 1.5.0 once more").startswith("Nothing was added: ")
    assert talk.ends(passing)[0] is Outcome.SUCCEEDED
    assert talk.says(BOB, "/deploy restart web").startswith(f"`web` is frozen until {UNTIL}")


@pytest.mark.parametrize("typed", ["/deploy scale web 2", "/deploy run web -- ls"])
def test_a_count_and_a_command_pass(talk: Talk, typed: str) -> None:
    talk.edit("web", may_run=(ALICE,), may_scale=(ALICE,))
    talk.passes(BEGINS - talk.clock())

    assert talk.ends(talk.deploys(ALICE, typed))[0] is Outcome.SUCCEEDED
