"""The card of every state, as people read it."""

from __future__ import annotations

import pytest

from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.confirmations import Observation, PendingConfirmation
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ConfigChange, NewerRevision, RevisionConfig
from deploys.records.restore_point import OldTask
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from tests.builders import ARN, NOW, REGISTRY, a_deploy, a_plan, a_service, a_stop_start_service
from tests.workers.thread.expected_cards import EXPECTED_CARDS
from tests.workers.thread.sample_deploys import (
    ALICE,
    BOB,
    LATER,
    POSSIBLE_STATES,
    State,
    awaiting,
    draining,
    following,
    rolling,
    sample_deploy,
    stop_start,
)
from workers.thread.card import Card, card_fingerprint, deploy_card

CONSOLE = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/production/services"


def buttons(shown: Card) -> str:
    """The row of buttons: `[Approve] [Reject] [⋯ Withdraw]`."""
    labels = []
    for element in [e for block in shown.blocks if block["type"] == "actions" for e in block["elements"]]:
        if element["type"] == "button":
            labels.append(f"[{element['text']['text']}]")
        else:
            labels.append(f"[⋯ {', '.join(option['text']['text'] for option in element['options'])}]")
    return " ".join(labels)


def drawn(shown: Card) -> str:
    """The blocks, from top to bottom."""
    lines = []
    for block in shown.blocks:
        if block["type"] == "section":
            lines.append(block["text"]["text"])
        elif block["type"] == "context":
            lines.append(f"({block['elements'][0]['text']})")
    return "\n".join([*lines, buttons(shown)]).replace(REGISTRY, "REGISTRY").replace(CONSOLE, "CONSOLE")


def test_every_state_has_its_card() -> None:
    assert set(EXPECTED_CARDS) == POSSIBLE_STATES


@pytest.mark.parametrize("state", sorted(POSSIBLE_STATES, key=str), ids=lambda s: f"{s[0].name}-{s[1]}")
def test_a_card_says_all_of_it_in_its_text(state: State) -> None:
    shown = deploy_card(sample_deploy(state), (), LATER)

    said = (
        "\n".join(filter(None, [shown.text, buttons(shown)]))
        .replace(REGISTRY, "REGISTRY")
        .replace(CONSOLE, "CONSOLE")
    )

    assert said.replace(": *", ":\n*", 1) == EXPECTED_CARDS[state].rstrip("\n")


def test_the_blocks_of_a_rollout() -> None:
    assert (
        drawn(deploy_card(following(), (), LATER))
        == """\
:arrows_counterclockwise: *web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>: \
*rolling out, 2 of 3 new tasks running*
`▓▓▓▓▓▓▓▓░░░░` 2 of 3 new tasks running
New tasks: 2 running, 1 pending, 3 desired. Old tasks: 1 running, 0 pending.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
(Deploy `k3m9p2qr`, rolling, eu-west-1, requested \
<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>)
[Roll back to 1.4.0]"""
    )


def test_the_blocks_of_a_drain() -> None:
    assert (
        drawn(deploy_card(draining(), (), LATER))
        == """\
:arrows_counterclockwise: *ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>: \
*waiting for the old tasks to stop, 1 of 2 old tasks stopped*
`▓▓▓▓▓▓░░░░░░` 1 of 2 old tasks stopped
1 old task not stopped yet:
• `11111111111111111111111111111111` is `DEACTIVATING` for 35 s: \
ECS prepares to stop it; behind a load balancer this takes the deregistration delay
Downtime so far: 55 s.
Approved by <@U02BOB0000>.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
(Deploy `w7x8y9zt`, stop-start, eu-west-1, requested \
<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>, 1 min 35 s so far, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>)
[Roll back to 1.4.1]"""
    )


def test_every_button_of_a_question_asks_for_confirmation() -> None:
    shown = deploy_card(awaiting(), (), LATER)

    [row] = [block for block in shown.blocks if block["type"] == "actions"]
    approve, reject, more = row["elements"]

    assert (approve["action_id"], approve["value"]) == ("deploy:approve", "w7x8y9zt.1")
    assert approve["confirm"]["text"]["text"] == (
        "ledger 1.4.2 on production (eu-west-1). It runs 1.4.1 now, 2 tasks. No task runs for about 1 min."
    )
    assert (reject["action_id"], reject["value"]) == ("deploy:reject", "w7x8y9zt.1")
    assert reject["confirm"]["text"]["text"] == (
        "ledger 1.4.2 on production (eu-west-1) will not be deployed. Nothing has been changed."
    )
    assert more["action_id"] == "deploy:more"
    assert [option["value"] for option in more["options"]] == ["deploy:cancel|w7x8y9zt.1"]
    assert more["confirm"]["title"]["text"] == "Withdraw this deploy?"


def test_rolling_back_asks_for_confirmation_too() -> None:
    shown = deploy_card(following(), (), LATER)

    [row] = [block for block in shown.blocks if block["type"] == "actions"]
    [cancel] = row["elements"]

    assert (cancel["action_id"], cancel["value"], cancel["style"]) == (
        "deploy:cancel",
        "k3m9p2qr.0",
        "danger",
    )
    assert cancel["confirm"]["text"]["text"] == (
        "web 1.4.2 on production (eu-west-1) is under way. Slipway brings back what ran before."
    )


def test_a_cancel_request_removes_the_buttons_and_is_shown() -> None:
    shown = deploy_card(following(cancel=Cancel(user=BOB, at=LATER)), (), LATER)

    assert buttons(shown) == ""
    assert "*rolling out, <@U02BOB0000> asked to cancel, 2 of 3 new tasks running*" in shown.text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answered_question_keeps_no_answer_button(verdict: Verdict) -> None:
    answered = awaiting(approval={"decisions": (Decision(user=BOB, verdict=verdict, at=LATER),)})

    assert buttons(deploy_card(answered, (), LATER)) == "[Withdraw]"


def test_of_two_approvals_one_is_missing() -> None:
    service = a_stop_start_service(approvals=2, approvers=(BOB, "S02APPROVERS"))
    half = awaiting(
        service=service, approval={"decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=LATER),)}
    )

    shown = deploy_card(half, (), LATER)

    assert "*waiting for 1 approval*" in shown.text
    assert "Approved by <@U02BOB0000>." in shown.text
    assert "<@U02BOB0000>, <!subteam^S02APPROVERS> can approve until" in shown.text
    assert buttons(shown) == "[Approve] [Reject] [⋯ Withdraw]"


def test_a_queued_deploy_says_what_is_ahead() -> None:
    first = following()
    second = a_deploy(tag="1.5.0", request={"requester": BOB}, phase=Phase.WAITING)

    shown = deploy_card(a_deploy(phase=Phase.WAITING, tag="1.6.0"), (first, second), LATER)

    assert "*queued behind 2 deploys, the last `1.5.0` by <@U02BOB0000>*" in shown.text


def test_a_step_that_is_tried_again_says_why() -> None:
    stuck = following(
        retries={"attempts": 3, "last_error": "AWS does not answer ecs:DescribeServices for now (timeout)."}
    )

    assert (
        "Tried 3 times, still trying: AWS does not answer ecs:DescribeServices for now (timeout)."
    ) in deploy_card(stuck, (), LATER).text


def test_a_rollout_that_ecs_gave_up_says_so_during_the_rollback() -> None:
    shown = deploy_card(
        following(
            rollback={
                "cause": RollbackCause(
                    kind=RollbackCauseKind.ECS, sentence="ECS gave up on the new revision."
                )
            }
        ),
        (),
        LATER,
    )

    assert "*rolling back to `1.4.0`, 1 of 3 old tasks running*" in shown.text
    assert "Reason: ECS gave up on the new revision." in shown.text


def test_the_measured_downtime_is_on_the_card_at_the_end() -> None:
    done = stop_start(
        phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=LATER, rollout={"serving_at": NOW + 92}
    )

    assert "Downtime: 52 s." in (deploy_card(done, (), LATER).text)


def test_a_cancel_before_anything_changed_says_that_nothing_did() -> None:
    withdrawn = awaiting(
        phase=Phase.ENDED, outcome=Outcome.CANCELLED, ended_at=LATER, cancel=Cancel(user=ALICE, at=LATER)
    )

    assert "*cancelled by <@U01ALICE00>, nothing was changed*" in deploy_card(withdrawn, (), LATER).text


def test_once_a_revision_is_registered_the_card_does_not_say_that_nothing_was_changed() -> None:
    registered = awaiting(
        phase=Phase.SAVING_RESTORE_POINT, ecs={"new_revision": f"{ARN}:task-definition/ledger:9"}
    )
    ended = registered.evolve(phase=Phase.ENDED, ended_at=LATER)
    withdrawn = ended.evolve(outcome=Outcome.CANCELLED, cancel=Cancel(user=ALICE, at=LATER))
    refused = ended.evolve(outcome=Outcome.REFUSED)

    [row] = [block for block in deploy_card(registered, (), LATER).blocks if block["type"] == "actions"]
    assert row["elements"][0]["confirm"]["text"]["text"].endswith(" The service has not been touched.")
    assert (
        "*cancelled by <@U01ALICE00>, the service was not touched*" in deploy_card(withdrawn, (), LATER).text
    )
    assert "*refused, the service was not touched*" in deploy_card(refused, (), LATER).text


def test_a_rollback_to_an_existing_revision_registers_none() -> None:
    there = awaiting(phase=Phase.UPDATING)
    assert there.plan is not None
    plan = there.plan.evolve(source_revision=f"{ARN}:task-definition/ledger:7")

    assert not there.evolve(plan=plan, ecs={"new_revision": plan.source_revision}).has_new_revision


def test_of_many_old_tasks_some_are_named_and_the_rest_counted() -> None:
    alive = tuple(OldTask(task_id=f"task{n}", last_status="STOPPING") for n in range(30))

    text = deploy_card(draining(stop={"old_tasks": alive}), (), LATER).text

    assert "30 old tasks not stopped yet:\n• `task0` is `STOPPING`: its containers get 30 s to end" in text
    assert "• `task7` is `STOPPING`: its containers get 30 s to end (stopTimeout)\n• and 22 more\n" in text


def test_what_people_wrote_is_shown_and_does_nothing() -> None:
    text = deploy_card(rolling(request={"reason": "<!channel> *all* & sundry\n`x`"}), (), LATER).text

    assert "Why: &lt;!channel&gt; *all* &amp; sundry `x`\n" in text


@pytest.mark.parametrize("deploy", [following(), draining(), awaiting()], ids=["roll", "drain", "ask"])
def test_time_alone_changes_no_fingerprint(deploy: Deploy) -> None:
    moved_on = deploy.evolve(
        version=deploy.version + 1,
        pending_confirmation=PendingConfirmation(observation=Observation.ROLLOUT_SUCCEEDED),
    )

    assert card_fingerprint(deploy, ()) == card_fingerprint(moved_on, ())


def test_what_people_see_changes_the_fingerprint() -> None:
    before = following()
    after = following(rollout={"counts": before.rollout.counts.evolve(new_running=3, new_pending=0)})

    assert card_fingerprint(before, ()) != card_fingerprint(after, ())
    assert card_fingerprint(before, ()) != card_fingerprint(
        before.evolve(cancel=Cancel(user=BOB, at=LATER)), ()
    )


def test_another_deploy_ahead_changes_the_fingerprint() -> None:
    waiting = a_deploy(a_service(), phase=Phase.WAITING)

    assert card_fingerprint(waiting, ()) != card_fingerprint(waiting, (following(),))


def test_a_newer_revision_is_on_the_card_below_the_images() -> None:
    newer = NewerRevision(
        revision=f"{ARN}:task-definition/ledger:9",
        registered_by="ci (terraform)",
        changes=(ConfigChange(field="memory", old="512", new="1024"),),
    )
    asked = awaiting()

    def below_the_image(shown: NewerRevision) -> list[str]:
        plan = a_plan().evolve(config=RevisionConfig(newer=shown))
        said = deploy_card(asked.evolve(plan=plan), (), LATER).text.splitlines()
        return said[next(place for place, line in enumerate(said) if line.startswith("`web`")) + 1 : -1]

    assert below_the_image(newer) == [
        "Newer revision `ledger:9` by `ci (terraform)` is not used: 1 difference"
    ]
    assert below_the_image(newer.evolve(used=True)) == [
        "Copies `ledger:9` by `ci (terraform)`:",
        "◦ task memory: `512` → `1024`",
    ]
