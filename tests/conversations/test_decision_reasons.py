"""Why somebody said no stands in the thread, on the card and in the audit."""

from __future__ import annotations

import pytest
from redis import Redis

from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, BOB
from tests.builders import a_service, a_stop_start_service
from tests.conversations.talk import Talk


@pytest.fixture
def talk(ecs: EcsSandbox, redis: Redis) -> Talk:
    rights = {"deployers": (ALICE,), "approvers": (BOB,)}
    return Talk(ecs, redis, a_service("web", **rights), a_stop_start_service("ledger", **rights))


def last_why(talk: Talk, deploy_id: str) -> str:
    return audit.trail(talk.redis, deploy_id)[-1]["why"]


@pytest.mark.parametrize(
    ("by", "typed", "outcome", "said", "why"),
    [
        (
            *(BOB, "reject ledger *not* <today>", Outcome.REJECTED),
            f"Rejected by <@{BOB}>: *not* &lt;today&gt;. Nothing was changed.",
            "*not* &lt;today&gt;.",
        ),
        (
            *(ALICE, "cancel ledger the tests failed", Outcome.CANCELLED),
            f"Cancelled by <@{ALICE}> before anything was changed: the tests failed.",
            "the tests failed.",
        ),
        (
            *(ALICE, "cancel ledger", Outcome.CANCELLED),
            f"Cancelled by <@{ALICE}> before anything was changed.",
            "",
        ),
    ],
)
def test_before_anything_was_changed(
    talk: Talk, by: str, typed: str, outcome: Outcome, said: str, why: str
) -> None:
    ledger = talk.deploys(ALICE, "/deploy ledger 1.4.2")
    talk.is_asked(ledger)

    talk.says(by, f"/deploy {typed}")

    assert talk.ends(ledger) == (outcome, said)
    assert talk.deploy(ledger).outcome_reason == last_why(talk, ledger) == why


def test_a_rollback_by_a_cancel(talk: Talk) -> None:
    web = talk.deploys(ALICE, "/deploy web 1.4.2")
    talk.engine.until_phase(web, Phase.FOLLOWING)

    talk.says(ALICE, "/deploy cancel web: the graphs look wrong")

    assert talk.ends(web)[0] is Outcome.CANCELLED
    assert talk.deploy(web).outcome_reason == f"cancelled by <@{ALICE}>: the graphs look wrong."
    assert talk.deploy(web).outcome_reason in talk.engine.thread_text(web)
    assert last_why(talk, web) == talk.deploy(web).outcome_reason
    assert talk.engine.running_tags("web") == {"1.4.0"}


def test_following_that_is_stopped(talk: Talk) -> None:
    talk.engine.ecs_client.update_service(cluster="production", service="web", forceNewDeployment=True)
    web = talk.deploys(ALICE, "/deploy follow web")
    talk.engine.until_phase(web, Phase.FOLLOWING_EXTERNAL)

    talk.says(ALICE, "/deploy cancel web others deploy")

    outcome, said = talk.ends(web)
    assert outcome is Outcome.CANCELLED
    assert f", as <@{ALICE}> asked: others deploy. Nothing was changed: it goes on in ECS." in said
    assert last_why(talk, web) == "others deploy."


def test_a_command_that_is_stopped(talk: Talk) -> None:
    talk.edit("web", may_run=(ALICE,))
    command = talk.deploys(ALICE, "/deploy run web -- ls")
    talk.engine.until(lambda: (task := talk.deploy(command).pre_task) and task.task_arn)

    talk.says(BOB, f"/deploy cancel {command} it is too slow")

    assert talk.ends(command) == (
        Outcome.CANCELLED,
        f"*Cancelled* by <@{BOB}>: Its task was stopped before it started. The command never ran. Why: it is "
        "too slow.",
    )
    assert last_why(talk, command) == "it is too slow."
