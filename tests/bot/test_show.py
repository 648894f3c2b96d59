"""`/deploy show ID`"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from deploys.catalogue.catalogue import Catalogue
from deploys.formatting import slack_time
from deploys.message_size import message_size
from deploys.quoting import NOT_QUOTED
from deploys.records.approval import Cancel, Verdict
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind, LockRef, Override
from deploys.records.phases import Outcome, Phase
from deploys.records.pre_task_and_post_check import PostCheckRun, PreTaskRun
from deploys.records.quote import Quote
from deploys.records.rollback import RollbackProgress
from deploys.records.rollout import RolloutCounts
from deploys.records.traffic import TrafficShift
from tests.bot.batch_setup import add_service_groups, only_batch, post_batch_card
from tests.bot.bot_harness import ALICE, BOB, CAROL, DEPLOYS_CHANNEL, BotHarness
from tests.bot.test_access import directory_of
from tests.builders import ARN, a_plan
from tests.deploys.test_safe_text import unsafe
from tests.slack_directory import a_channel
from tests.workers.thread.record_generators import deploys


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    return add_service_groups(catalogue)


def parts_of(answer: str) -> list[str]:
    return answer.split("\n\n")


def test_all_of_a_deploy_that_is_over(bot: BotHarness) -> None:
    begun = bot.clock()
    bot.type("/deploy ledger 1.4.2 fixes <the> login")
    deploy = bot.only_deploy()
    link = bot.post_card(deploy)
    deploy = bot.commit_step(deploy, phase=Phase.AWAITING_APPROVAL, plan=a_plan(), approval={"question": 1})
    bot.clock.advance(30)
    bot.click("deploy:approve", deploy, by=BOB)
    approved_at = bot.clock()
    bot.clock.advance(155)
    bot.commit_step(
        bot.only_deploy(),
        phase=Phase.ENDED,
        outcome=Outcome.SUCCEEDED,
        ended_at=bot.clock(),
        ecs={"new_revision": f"{ARN}:task-definition/web:2", "deployment_id": "ecs-svc/7"},
        rollout={"counts": RolloutCounts(new_desired=3, new_running=3, failed_tasks=1)},
        stop={"requested_at": begun + 40},
    )

    outcome, request, plan, run, trail = parts_of(bot.type(f"/deploy show {deploy.id}", by=CAROL))

    assert outcome == (
        f"*Deploy* `{deploy.id}`: `ledger` `1.4.2` succeeded after 3 min 05 s, {slack_time(bot.clock())}"
    )
    assert request.splitlines() == [
        f"Requested by <@{ALICE}> in <#{DEPLOYS_CHANNEL}>, {slack_time(begun)}: <{link}|its thread>",
        "Why: fixes &lt;the&gt; login",
        "ECS service `ledger` on `production` (eu-west-1), stop-start",
        f"Approved by <@{BOB}>, {slack_time(approved_at)}",
    ]
    assert plan.splitlines() == [
        "*Plan*: `1.4.0` → `1.4.2`, 3 tasks",
        "Revision: `web:1` → `web:2`",
        f"Digest: `sha256:{'a' * 64}`",
        "Container `web`: `web:1.4.0` → `web:1.4.2`",
    ]
    assert run.splitlines() == [
        "*Run*",
        "ECS deployment: `ecs-svc/7`",
        "Tasks: new 3 of 3 running, 1 failed; old 0 running",
    ]
    assert trail.splitlines() == [
        "*Audit trail*",
        f"• {slack_time(begun)} requested, by <@{ALICE}>",
        f"• {slack_time(begun)} moved",
        f"• {slack_time(approved_at)} approved, by <@{BOB}>",
        f"• {slack_time(bot.clock())} moved",
    ]


def test_what_a_rollback_a_task_a_check_and_a_traffic_shift_add(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    begun = bot.clock()
    deploy = bot.commit_step(
        bot.only_deploy(),
        phase=Phase.RESTORING,
        cancel=Cancel(user=BOB, at=begun),
        pre_task=PreTaskRun(container="migrate", exit_code=0, task_arn=f"{ARN}:task/production/{'1' * 32}"),
        post_check=PostCheckRun(requests=12, successes=11),
        traffic=TrafficShift(new_production_percent=10.0),
        rollback={"progress": RollbackProgress(started_at=begun, gave_up=True)},
    )
    bot.clock.advance(5)

    answer = bot.type(f"/deploy show {deploy.id}")

    assert parts_of(answer)[0].splitlines() == [
        f"*Deploy* `{deploy.id}`: `web` `1.4.2` is being rolled back, 5 s so far",
        f"Cancelled by <@{BOB}>, {slack_time(begun)}",
    ]
    assert parts_of(answer)[2].splitlines() == [
        "*Run*",
        f"Task before the rollout: exit code 0, task `{'1' * 32}`",
        "Production traffic: new 10 %",
        "Check after the rollout: 11 of 12 requests succeeded",
        f"Rollback: begun {slack_time(begun)}, given up",
    ]


def test_a_batch_with_each_of_its_deploys(bot: BotHarness) -> None:
    begun = bot.clock()
    bot.type("/deploy shopfront 1.4.2 new prices")
    batch, [web, api] = only_batch(bot)
    link = post_batch_card(bot, batch)

    about, deploys = parts_of(bot.type(f"/deploy show {batch.id}"))

    assert about.splitlines() == [
        f"*Group* `shopfront` `1.4.2` (batch `{batch.id}`), one after another, the first failure stops the "
        "rest",
        f"Requested by <@{ALICE}> in <#{DEPLOYS_CHANNEL}>, {slack_time(begun)}: <{link}|its thread>",
        "Why: new prices",
    ]
    assert deploys.splitlines() == [
        f"• {slack_time(begun)}: `{each.service.name}` `1.4.2` by <@{ALICE}> is queued, 0 s so far (deploy "
        f"`{each.id}`)"
        for each in (web, api)
    ]
    assert f"Part of batch `{batch.id}`" in bot.type(f"/deploy show {web.id}")


def test_an_unknown_id_gets_a_clear_answer(bot: BotHarness) -> None:
    assert bot.type("/deploy show q2w3e4r5") == (
        "There is no deploy `q2w3e4r5`. `/deploy history` lists the last ones."
    )
    assert bot.type("/deploy show").startswith("Which one? Write `/deploy show ID`.")


def test_the_trail_is_cut_to_what_fits_and_has_no_other_deploys(bot: BotHarness) -> None:
    bot.type("/deploy api 1.0.0")
    bot.type("/deploy web 1.4.2")
    deploy = next(each for each in bot.context.store.active() if each.service.name == "web")
    for _ in range(50):
        deploy = bot.commit_step(deploy, phase=Phase.FOLLOWING)

    ack = bot.read_ack(bot.send_command(f"/deploy show {deploy.id}"))

    trail = ack["text"].split("*Audit trail*\n")[1]
    shown = trail.count(" moved")
    assert 10 < shown < 50
    assert trail.count("requested") == 1
    assert trail.endswith(f"• and {50 - shown} more")
    assert message_size(ack["text"], ack["blocks"]).fits


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=10)
@given(deploy=deploys)
def test_whatever_a_record_holds_slack_takes_the_answer(bot: BotHarness, deploy: Deploy) -> None:
    bot.context.store.get = {deploy.id: deploy}.get  # type: ignore[method-assign, assignment]
    bot.context.access.may = lambda *_: None  # type: ignore[method-assign]

    ack = bot.read_ack(bot.send_command(f"/deploy show {deploy.id}"))

    assert deploy.id in ack["text"]
    assert unsafe(ack["text"]) == []
    assert message_size(ack["text"], ack["blocks"]).fits
    assert all(0 < len(block["text"]["text"]) <= 3000 for block in ack["blocks"])


def test_a_rejection_says_who(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    bot.click("deploy:reject", deploy, by=BOB)
    assert bot.only_deploy().approval.decisions[0].verdict is Verdict.REJECTED

    assert f"Rejected by <@{BOB}>, {slack_time(bot.clock())}" in bot.type(f"/deploy show {deploy.id}")


def test_what_held_it_and_what_it_passed_by_whose_word(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    at = bot.clock()
    deploy = bot.commit_step(
        bot.only_deploy(),
        hold=Hold(kind=HoldKind.STOP_ALL, sentence=f"<@{BOB}> stopped all deploys."),
        passed_lock=LockRef(id="lock2222", target="*", owner=ALICE, since=at),
        override=Override(user=BOB, kind=HoldKind.FREEZE, reason="the <shop> is down", at=at),
    )

    about = parts_of(bot.type(f"/deploy show {deploy.id}"))[1]

    assert about.splitlines()[-3:] == [
        f"Held: <@{BOB}> stopped all deploys.",
        f"Passed the lock of all services by <@{ALICE}> ({slack_time(at)})",
        f"<@{BOB}> overrode the freeze ({slack_time(at)}): the &lt;shop&gt; is down",
    ]
    assert f", freeze overridden by <@{BOB}>" in bot.ask("/deploy history web")
    state = bot.answer_forms()[0][0]["rows"][1][2]["elements"][0]["elements"]
    assert [part.get("text", part.get("user_id")) for part in state] == [
        "is queued, freeze overridden by ",
        BOB,
    ]


def test_an_entry_has_its_reason_if_it_is_not_that_of_the_request_or_the_end(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2 fixes the login")
    deploy = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "shown_at": bot.clock()}
    )
    bot.post_card(deploy)
    bot.click("deploy:approve", deploy, by=CAROL)
    bot.commit_step(bot.only_deploy(), phase=Phase.ENDED, outcome=Outcome.FAILED, end_reason="AWS & all.")

    trail = parts_of(bot.type(f"/deploy show {deploy.id}"))[-1]

    at = slack_time(bot.clock())
    assert trail.splitlines()[-4:] == [
        f"• {at} requested, by <@{ALICE}>",
        f"• {at} moved",
        f"• {at} refused approve, by <@{CAROL}>: You are not an approver of `ledger`. Those who are: "
        "<!subteam^S02APPROVERS>, as `approvers` in `services.yml` says.",
        f"• {at} moved",
    ]


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_the_record_quotes_is_shown_only_if_nobody_else_reads(bot: BotHarness, is_shared: bool) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.commit_step(
        bot.only_deploy(),
        phase=Phase.ENDED,
        outcome=Outcome.FAILED,
        end_reason="AWS said: no room at all.",
        quotes=(Quote(text="no room"),),
    )
    bot.context.access.may = lambda *_: None  # type: ignore[method-assign]
    directory_of(bot).channels[DEPLOYS_CHANNEL] = a_channel(is_shared=is_shared)

    shown = bot.type(f"/deploy show {deploy.id}")

    assert ("no room" in shown) is not is_shared
    assert (f"Reason: AWS said: {NOT_QUOTED} at all." in shown) is is_shared
