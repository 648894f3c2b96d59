"""The card of a batch."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploys import buttons as ids
from deploys.formatting import slack_time, utc_time
from deploys.message_size import MAX_BLOCKS, utf8_bytes, utf16_units
from deploys.queue_forecast import QueueForecast, WaitingDeploy
from deploys.records.batch import MAX_SERVICES, Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.text_limits import CARD_BYTES, SECTION, TEXT
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.builders import NOW, a_batch, a_deploy, a_service, a_stop_start_service
from tests.workers.thread.record_generators import deploys, moments
from tests.workers.thread.sample_deploys import (
    LATER,
    POSSIBLE_STATES,
    awaiting,
    following,
    rolling,
    sample_deploy,
)
from workers.thread.batch_card import (
    batch_card,
    batch_fingerprint,
    closing_reply,
    outcome_summary,
    summary_label,
)
from workers.thread.fallback_levels import FallbackLevel, fit_message, write_message

ALICE = "<@U01ALICE00>"


def a_batch_of(*members: Deploy, **changes: object) -> tuple[Batch, list[WaitingDeploy]]:
    batch, belonging = a_batch(*members, id="b2c3d4e5", **changes)
    return batch, [WaitingDeploy(each) for each in belonging]


def sections(blocks: tuple[dict[str, object], ...]) -> list[str]:
    return [str(b["text"]["text"]) for b in blocks if b["type"] == "section"]  # type: ignore[index]


def test_the_whole_card() -> None:
    web = following(
        rollout={"counts": following().rollout.counts.evolve(failed_tasks=2, breaker_threshold=3)}
    )
    batch, [one, two] = a_batch_of(
        web,
        awaiting(),
        name="shopfront",
        is_group=True,
        in_order=True,
        stop_on_first_failure=True,
        request={"reason": "Friday"},
    )

    shown = batch_card(batch, [one, two], LATER)

    assert shown.text == (
        f"*shopfront* `1.4.2` on production by {ALICE}: "
        "*0 of 2 succeeded, 1 under way, 1 waiting for approval*\n"
        "*web* (from `1.4.0`): rolling out, 2 of 3 new tasks running\n"
        "2 new tasks failed; at 3 ECS's circuit breaker gives up.\n"
        "*ledger* (from `1.4.1`): waiting for 1 approval\n"
        "Planned downtime: about 1 min.\n"
        "Why: Friday\n"
        "Batch `b2c3d4e5`, 2 services, eu-west-1, one after another, the first failure stops the rest, "
        "requested 2026-09-21 14:13 UTC, 1 min 35 s so far"
    )
    assert [block["type"] for block in shown.blocks] == [
        "section",
        "section",
        "section",
        "actions",
        "context",
        "actions",
    ]
    head, first, second = sections(shown.blocks)
    assert head == (
        f":raised_hand: *shopfront* `1.4.2` on production by {ALICE}: "
        "*0 of 2 succeeded, 1 under way, 1 waiting for approval*\nWhy: Friday"
    )
    assert first.splitlines()[0] == (
        ":arrows_counterclockwise: *web* (from `1.4.0`): `▓▓▓▓▓▓▓▓░░░░` rolling out, 2 of 3 new tasks running"
    )
    assert second.splitlines()[0] == ":raised_hand: *ledger* (from `1.4.1`): waiting for 1 approval"
    menu = shown.blocks[1]["accessory"]
    assert menu["action_id"] == ids.MORE
    assert [(o["text"]["text"], o["value"]) for o in menu["options"]] == [
        ("Roll back to 1.4.0", f"{ids.CANCEL}|k3m9p2qr.0")
    ]
    assert menu["confirm"]["title"]["text"] == "Roll this deploy back?"
    question = shown.blocks[3]["elements"]
    assert [each.get("text", {}).get("text") for each in question] == [
        "Approve ledger",
        "Reject ledger",
        None,
    ]
    [cancel_all] = shown.blocks[5]["elements"]
    assert (cancel_all["action_id"], cancel_all["value"]) == (ids.CANCEL_BATCH, "b2c3d4e5.0")
    assert cancel_all["text"]["text"] == "Cancel all"
    assert cancel_all["confirm"]["text"]["text"] == (
        "2 deploys of 2. What has not begun is withdrawn, and what is under way is rolled back."
    )


def test_a_service_that_waits_for_another_names_it() -> None:
    batch, [one, two] = a_batch_of(
        following(), a_deploy(a_service("api"), phase=Phase.WAITING), in_order=True
    )

    waiting = WaitingDeploy(two.deploy, (one.deploy,), QueueForecast(starts_at=LATER + 300))
    shown = batch_card(batch, [one, waiting], LATER)

    expected = "*api*: waiting for `web` to end\nIt is expected to start at about"
    assert f"{expected} {utc_time(LATER + 300)}.\n" in shown.text
    assert f"{expected} {slack_time(LATER + 300)}." in sections(shown.blocks)[2]
    assert batch_fingerprint(batch, [one, waiting]) != batch_fingerprint(
        batch, [one, replace(waiting, forecast=QueueForecast(after_first=0.0))]
    )


def test_a_service_that_is_queued_says_its_place() -> None:
    batch, [one] = a_batch_of(a_deploy(phase=Phase.WAITING))

    shown = batch_card(batch, [replace(one, ahead=(following(),), forecast=QueueForecast(2))], LATER)

    assert "*web*: queued behind `1.4.2` by <@U01ALICE00>\nIt is 2nd in the queue.\n" in shown.text


def test_an_ended_card_has_no_button_left() -> None:
    ended = sample_deploy((Phase.ENDED, Outcome.SUCCEEDED))
    batch, members = a_batch_of(ended, ended.evolve(id="x7k2m4n8", service=a_service("api")))

    shown = batch_card(batch, members, LATER)

    assert [block["type"] for block in shown.blocks] == ["section", "section", "section", "context"]
    assert shown.text.splitlines()[0].endswith("*both succeeded*")
    assert "took 1 min 30 s" in shown.text


def test_a_service_refused_for_an_external_rollout_can_be_followed() -> None:
    refused = rolling(
        phase=Phase.ENDED,
        outcome=Outcome.REFUSED,
        plan=None,
        ended_at=NOW,
        refusal={"external_deployment_id": "ecs-svc/7"},
    )
    ended = sample_deploy((Phase.ENDED, Outcome.SUCCEEDED)).evolve(id="x7k2m4n8", service=a_service("api"))
    batch, members = a_batch_of(refused, ended)

    shown = batch_card(batch, members, LATER)

    kinds = [block["type"] for block in shown.blocks]
    assert kinds == ["section", "section", "actions", "section", "context"], "nothing is left to cancel"
    [button] = shown.blocks[2]["elements"]
    assert button["text"]["text"] == "Follow web"
    assert (button["action_id"], button["value"]) == (ids.FOLLOW, "k3m9p2qr.0")
    assert button["accessibility_label"] == "Follow the external rollout of web"


@pytest.mark.parametrize("state", sorted(POSSIBLE_STATES, key=str))
def test_every_state_is_counted_in_the_summary(state: tuple[Phase, Outcome | None]) -> None:
    member = sample_deploy(state)
    batch, members = a_batch_of(member, rolling(id="x7k2m4n8", service=a_service("api")))

    shown = batch_card(batch, members, LATER)

    assert check_message_blocks(json.loads(json.dumps(shown.blocks))) == []
    assert summary_label(member) in outcome_summary([member])
    assert closing_reply(batch, [member]).startswith(f"{ALICE} *")


def test_a_fingerprint_changes_with_the_state_and_not_with_time() -> None:
    batch, members = a_batch_of(following(), rolling(id="x7k2m4n8", service=a_service("api")))
    [web, api] = members

    assert batch_fingerprint(batch, members) == batch_fingerprint(
        batch, [web, WaitingDeploy(api.deploy.evolve(version=3))]
    )
    assert batch_fingerprint(batch, members) != batch_fingerprint(
        batch, [web, WaitingDeploy(api.deploy.in_phase(Phase.REGISTERING, NOW))]
    )


thorough = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(
    members=st.lists(deploys, min_size=1, max_size=3),
    times=st.sampled_from([1, MAX_SERVICES]),
    now=moments,
    name=st.text(min_size=1, max_size=2000),
)
def test_every_card_is_within_slacks_limits(members: list[Deploy], times: int, now: float, name: str) -> None:
    many = [each.evolve(id=f"{number:08}") for number in range(times) for each in members][:MAX_SERVICES]
    batch, belonging = a_batch(*many, name=name)

    shown = batch_card(batch, [WaitingDeploy(each) for each in belonging], now)

    for form in FallbackLevel:
        blocks = json.loads(json.dumps(write_message(shown, form).blocks))
        assert check_message_blocks(blocks) == []
        assert len(blocks) <= MAX_BLOCKS
        for block in blocks:
            if block["type"] == "section":
                assert utf16_units(block["text"]["text"]) <= SECTION
    assert 0 < utf8_bytes(shown.text) <= CARD_BYTES
    assert utf16_units(closing_reply(batch, belonging)) <= TEXT


def test_twenty_questions_fit_and_every_service_is_in_the_text() -> None:
    many = [
        awaiting(id=f"{number:08}", service=a_stop_start_service(f"service-{number}"))
        for number in range(MAX_SERVICES)
    ]
    batch, belonging = a_batch(*many)

    shown = batch_card(batch, [WaitingDeploy(each) for each in belonging], LATER)

    assert len(fit_message(shown, FallbackLevel.FULL).blocks) <= MAX_BLOCKS
    assert all(f"*service-{number}*" in shown.text for number in range(MAX_SERVICES))
    assert check_message_blocks(json.loads(json.dumps(shown.blocks))) == []
