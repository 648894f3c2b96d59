"""Rules of services.yml that change between the request, the click and the run."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys import buttons
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.stores import audit
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE
from tests.builders import a_service, a_stop_start_service
from tests.conversations.talk import Talk
from tests.slack_directory import a_person


@pytest.fixture
def talk(ecs: EcsSandbox, redis: Redis) -> Talk:
    """alice and dave deploy; bob and dave approve ledger and override."""
    rights = {"deployers": (ALICE, DAVE), "approvers": (BOB, DAVE)}
    return Talk(ecs, redis, a_service("web", **rights), a_stop_start_service("ledger", **rights))


def test_allowed_at_the_request_the_click_and_the_run(talk: Talk) -> None:
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)

    assert talk.presses(BOB, buttons.APPROVE, ledger) == ""
    outcome, _ = talk.ends(ledger)
    assert outcome is Outcome.SUCCEEDED


def test_refused_at_the_request_and_at_the_click(talk: Talk) -> None:
    assert talk.says(CAROL, "/deploy ledger 1.4.2") == (
        f"You may not deploy `ledger`. Those who may: <@{ALICE}>, <@{DAVE}>, as `deployers` in "
        "`services.yml` says."
    )
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)

    assert talk.presses(CAROL, buttons.APPROVE, ledger).startswith("You are not an approver of `ledger`.")
    assert talk.deploy(ledger).approval.decisions == ()


def test_an_approver_who_was_removed_before_the_click_is_refused(talk: Talk) -> None:
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)
    talk.edit("ledger", approvers=(DAVE,))

    assert talk.presses(BOB, buttons.APPROVE, ledger) == (
        f"You are not an approver of `ledger`. Those who are: <@{DAVE}>, as `approvers` in `services.yml` "
        "says."
    )
    assert talk.presses(DAVE, buttons.APPROVE, ledger) == ""
    assert talk.ends(ledger)[0] is Outcome.SUCCEEDED


def test_the_approval_of_one_who_is_removed_before_it_runs_is_void(talk: Talk) -> None:
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)
    assert talk.presses(BOB, buttons.APPROVE, ledger) == ""
    talk.edit("ledger", approvers=(DAVE,))

    talk.passes(10)

    waiting = talk.deploy(ledger)
    assert (waiting.phase, waiting.approval.decisions) == (Phase.AWAITING_APPROVAL, ())
    assert f"<@{BOB}>" in talk.problems(ledger)
    assert talk.engine.running_tags("ledger") == {"1.4.0"}, "nothing was stopped"
    assert talk.presses(DAVE, buttons.APPROVE, ledger) == ""
    assert talk.ends(ledger)[0] is Outcome.SUCCEEDED


def test_who_loses_access_before_it_runs_is_refused_and_nothing_is_changed(talk: Talk) -> None:
    talk.says(DAVE, "/deploy lock web checking the graphs")
    talk.says(DAVE, "/deploy unlock web")
    first = talk.deploys(DAVE, "/deploy web 1.4.2")
    waiting = talk.deploys(ALICE, "/deploy web 1.5.0")
    talk.edit("web", deployers=(DAVE,))

    assert talk.ends(first)[0] is Outcome.SUCCEEDED
    assert talk.ends(waiting) == (
        Outcome.REFUSED,
        "*Refused*, nothing was changed: You may not deploy `web`. Those who may: "
        f"<@{DAVE}>, as `deployers` in `services.yml` says.",
    )
    assert talk.engine.running_tags("web") == {"1.4.2"}


def test_who_becomes_a_guest_before_it_runs_is_refused(talk: Talk) -> None:
    first = talk.deploys(DAVE, "/deploy web 1.4.2")
    waiting = talk.deploys(ALICE, "/deploy web 1.5.0")
    talk.directory.people[ALICE] = a_person(is_guest=True)

    assert talk.ends(first)[0] is Outcome.SUCCEEDED
    outcome, said = talk.ends(waiting)
    assert outcome is Outcome.REFUSED
    assert "You are a guest of this workspace" in said


def held_before_its_first_change(talk: Talk, deploy_id: str, phase: Phase) -> StopAll:
    talk.engine.step_into(deploy_id, phase)
    stop = talk.engine.stop_all()
    talk.engine.until(lambda: talk.deploy(deploy_id).hold)
    assert talk.deploy(deploy_id).phase is phase
    return stop


def test_who_loses_access_while_all_deploys_are_stopped_is_refused(talk: Talk) -> None:
    web = talk.deploys(ALICE, "/deploy web 1.4.2")
    stop = held_before_its_first_change(talk, web, Phase.UPDATING)
    talk.edit("web", deployers=(DAVE,))

    talk.engine.resume_all(stop)

    assert talk.ends(web)[0] is Outcome.REFUSED
    assert "You may not deploy `web`." in talk.deploy(web).end_reason
    assert talk.engine.running_tags("web") == {"1.4.0"}


def test_an_approval_of_one_who_is_removed_while_all_deploys_are_stopped_is_void(talk: Talk) -> None:
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)
    assert talk.presses(BOB, buttons.APPROVE, ledger) == ""
    stop = held_before_its_first_change(talk, ledger, Phase.SAVING_RESTORE_POINT)
    talk.edit("ledger", approvers=(DAVE,))

    talk.engine.resume_all(stop)
    talk.passes(20)

    waiting = talk.deploy(ledger)
    assert (waiting.phase, waiting.approval.decisions) == (Phase.AWAITING_APPROVAL, ())
    voided = [each["why"] for each in audit.trail(talk.redis, ledger) if each["what"] == "approval voided"]
    [why] = voided
    assert why.startswith(f"The approval of <@{BOB}> is void. You are not an approver of `ledger`.")
    assert talk.engine.running_tags("ledger") == {"1.4.0"}
    assert talk.presses(DAVE, buttons.APPROVE, ledger) == ""
    assert talk.ends(ledger)[0] is Outcome.SUCCEEDED


def test_an_approver_who_rejects_what_had_begun_has_it_rolled_back(talk: Talk) -> None:
    """Redis has lost how far it was, so people were asked again."""
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    asked = talk.is_asked(ledger)
    assert talk.presses(BOB, buttons.APPROVE, ledger) == ""
    talk.engine.until_phase(ledger, Phase.FOLLOWING)
    talk.engine.store.amend(ledger, lambda now: asked.evolve(version=now.version), by="slipway", what="lost")

    answer = talk.says(BOB, "/deploy reject ledger the graphs look wrong")

    assert answer.startswith("Rejected: `ledger` `1.4.2`.")
    outcome, _ = talk.ends(ledger)
    assert outcome is Outcome.CANCELLED
    assert talk.engine.running_tags("ledger") == {"1.4.0"}
    assert "does not count" not in talk.problems(ledger)
    assert f"cancelled by <@{BOB}>: the graphs look wrong." in talk.engine.thread_text(ledger)


def test_the_cancel_of_one_who_may_not_any_more_is_dropped(talk: Talk) -> None:
    web = talk.deploys(ALICE, "/deploy web 1.4.2")
    talk.engine.until_phase(web, Phase.FOLLOWING)
    assert talk.presses(DAVE, buttons.CANCEL, web) == ""
    talk.edit("web", deployers=(ALICE,), approvers=(BOB,))

    assert talk.ends(web)[0] is Outcome.SUCCEEDED
    assert f"<@{DAVE}>" in talk.problems(web)
    assert talk.engine.running_tags("web") == {"1.4.2"}
