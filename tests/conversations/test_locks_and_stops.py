"""Locks and the stop of all deploys: what passes, what is refused, what changes between request and run."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys import buttons
from deploys.records.hold import HoldKind
from deploys.records.phases import Outcome, Phase
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE
from tests.builders import a_service, a_stop_start_service
from tests.conversations.talk import Talk

LOCK = "/deploy lock web for 2h checking the graphs"


@pytest.fixture
def talk(ecs: EcsSandbox, redis: Redis) -> Talk:
    """alice and dave deploy; bob approves and overrides."""
    rights = {"deployers": (ALICE, DAVE), "approvers": (BOB,)}
    return Talk(ecs, redis, a_service("web", **rights), a_stop_start_service("ledger", **rights))


def held_by(talk: Talk, deploy_id: str) -> HoldKind | None:
    hold = talk.deploy(deploy_id).hold
    return hold.kind if hold else None


def test_the_holder_deploys_and_the_others_are_refused(talk: Talk) -> None:
    talk.says(ALICE, LOCK)

    assert talk.says(DAVE, "/deploy web 1.4.2").startswith(f"`web` is locked. <@{ALICE}> locked `web`")
    assert talk.says(DAVE, "/deploy restart web").startswith("`web` is locked.")
    assert talk.says(DAVE, "/deploy scale web 2").startswith("`web` is locked.")
    assert talk.says(CAROL, "/deploy unlock web").endswith(
        f"<@{ALICE}> can unlock it; to break the lock of somebody else: <@{BOB}>."
    )
    assert talk.ends(talk.deploys(ALICE, "/deploy web 1.4.2"))[0] is Outcome.SUCCEEDED


def test_a_lock_that_comes_before_it_runs_holds_what_was_allowed(talk: Talk) -> None:
    first = talk.deploys(ALICE, "/deploy web 1.4.2")
    waiting = talk.deploys(DAVE, "/deploy web 1.5.0")
    talk.says(ALICE, LOCK)

    assert talk.ends(first)[0] is Outcome.SUCCEEDED
    assert talk.is_held(waiting).startswith(f"<@{ALICE}> locked `web`")
    talk.says(BOB, "/deploy unlock web")
    assert talk.ends(waiting)[0] is Outcome.SUCCEEDED


def test_a_lock_that_comes_after_the_approval_holds_it_and_the_approval_counts_after_it(talk: Talk) -> None:
    talk.says(ALICE, "/deploy stop-all the database is slow")
    ledger = talk.deploys(DAVE, "/deploy ledger 1.4.2")
    talk.is_held(ledger)
    talk.says(ALICE, "/deploy resume-all")
    talk.is_asked(ledger)
    talk.says(ALICE, "/deploy lock ledger checking the books")
    assert talk.presses(BOB, buttons.APPROVE, ledger) == ""
    talk.passes(60)

    assert held_by(talk, ledger) is HoldKind.LOCK
    assert talk.engine.running_tags("ledger") == {"1.4.0"}
    talk.says(ALICE, "/deploy unlock ledger")
    assert talk.ends(ledger)[0] is Outcome.SUCCEEDED


def test_a_rollback_passes_for_those_whom_the_lock_names_when_it_runs(talk: Talk) -> None:
    talk.ends(talk.deploys(ALICE, "/deploy web 1.4.2"))
    talk.bot.send_command(f"/deploy lock web <@{DAVE}|dave> may roll back")
    talk.edit("web", deployers=(ALICE, DAVE, CAROL))

    assert talk.says(CAROL, "/deploy rollback web").startswith("`web` is locked.")
    assert talk.ends(talk.deploys(DAVE, "/deploy rollback web"))[0] is Outcome.SUCCEEDED
    assert talk.engine.running_tags("web") == {"1.4.0"}


def test_a_rollback_that_was_allowed_is_held_by_a_lock_that_names_others_before_it_runs(talk: Talk) -> None:
    talk.ends(talk.deploys(ALICE, "/deploy web 1.4.2"))
    running = talk.deploys(ALICE, "/deploy web 1.5.0")
    back = talk.deploys(DAVE, "/deploy rollback web 1.4.2")
    talk.bot.send_command(f"/deploy lock web only <@{ALICE}|alice> decides")

    assert talk.ends(running)[0] is Outcome.SUCCEEDED
    talk.is_held(back)
    assert held_by(talk, back) is HoldKind.LOCK
    talk.says(ALICE, "/deploy unlock web")
    assert talk.ends(back)[0] is Outcome.SUCCEEDED


def test_all_is_stopped_for_what_was_allowed_before_and_resumed_by_those_who_may(talk: Talk) -> None:
    assert talk.says(CAROL, "/deploy stop-all a guess").startswith("You may not stop all deploys.")
    first = talk.deploys(ALICE, "/deploy web 1.4.2")
    waiting = talk.deploys(DAVE, "/deploy web 1.5.0")
    talk.engine.until_phase(first, Phase.FOLLOWING)
    talk.says(ALICE, "/deploy stop-all the database is slow")

    assert talk.ends(first)[0] is Outcome.SUCCEEDED, "what has begun goes on"
    assert talk.is_held(waiting).endswith(": the database is slow.")
    assert "You may not resume them." in talk.says(DAVE, "/deploy resume-all")
    assert held_by(talk, waiting) is HoldKind.STOP_ALL
    assert talk.says(BOB, "/deploy resume-all").startswith("Resumed: ")
    assert talk.ends(waiting)[0] is Outcome.SUCCEEDED


def test_who_may_not_override_any_more_neither_resumes_nor_breaks_a_lock(talk: Talk) -> None:
    talk.says(ALICE, LOCK)
    talk.says(ALICE, "/deploy stop-all the database is slow")
    for service in ("web", "ledger"):
        talk.edit(service, may_override=(DAVE,))

    assert "You may not resume them." in talk.says(BOB, "/deploy resume-all")
    assert "to break the lock of somebody else" in talk.says(BOB, "/deploy unlock web")
    assert talk.says(DAVE, "/deploy resume-all").startswith("Resumed: ")
    assert talk.says(DAVE, "/deploy unlock web").startswith("Unlocked: ")


def test_a_waiting_deploy_is_replaced_by_those_who_may_withdraw_it_until_it_begins(talk: Talk) -> None:
    running = talk.deploys(ALICE, "/deploy web 1.4.1")
    waiting = talk.deploys(ALICE, "/deploy web 1.4.2")

    assert talk.replaces(DAVE, "/deploy web 1.5.0") is None, "dave neither asked for it nor approves"
    withdrawn = talk.replaces(ALICE, "/deploy web 1.6.0")
    assert withdrawn is not None
    assert withdrawn.startswith(f"`web` `1.4.2` by <@{ALICE}> is withdrawn, and `1.6.0` has its place")

    assert talk.ends(running)[0] is Outcome.SUCCEEDED, "what runs is left alone"
    assert talk.ends(waiting)[0] is Outcome.CANCELLED
