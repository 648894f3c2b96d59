"""Slack takes the card of any record."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploys.message_size import MAX_BLOCKS, utf8_bytes, utf16_units
from deploys.records.approval import Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.plan import ContainerChange
from deploys.records.restore_point import OldTask
from deploys.records.thread_messages import ThreadMessage, ThreadMessageKind
from deploys.text_limits import CARD_BYTES, SECTION, STATE_BYTES, TEXT, clip, clip_bytes, share_bytes, shorten
from sandbox.slack.blockkit.block_limits import check_message_blocks
from tests.builders import NOW, a_deploy, a_plan, a_stop_start_service
from tests.workers.thread.record_generators import deploys, moments, texts
from tests.workers.thread.sample_deploys import LATER, awaiting, following
from workers.thread.card import deploy_card
from workers.thread.fallback_levels import FallbackLevel, write_message
from workers.thread.thread_replies import deploy_reply

thorough = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(deploy=deploys, ahead=st.lists(deploys, max_size=2), now=moments)
def test_every_card_is_within_slacks_limits(deploy: Deploy, ahead: list[Deploy], now: float) -> None:
    shown = deploy_card(deploy, ahead, now)

    for form in FallbackLevel:
        blocks = json.loads(json.dumps(write_message(shown, form).blocks))
        assert check_message_blocks(blocks) == []
        assert len(blocks) <= MAX_BLOCKS
        for block in blocks:
            if block["type"] == "section":
                assert utf16_units(block["text"]["text"]) <= SECTION
    assert 0 < utf8_bytes(shown.text) <= CARD_BYTES
    assert shown.text.startswith(shown.state_line)


@thorough
@given(deploy=deploys, text=texts)
def test_every_reply_is_within_slacks_limits(deploy: Deploy, text: str) -> None:
    for kind in ThreadMessageKind:
        said = deploy_reply(ThreadMessage(at=NOW, kind=kind, text=text), deploy)

        assert utf16_units(said.text) <= TEXT


def test_a_service_of_two_hundred_containers_fits() -> None:
    changes = tuple(
        ContainerChange(container=f"c{n}", old_image=f"registry/c{n}:1", new_image=f"registry/c{n}:2")
        for n in range(200)
    )

    text = deploy_card(following(plan=a_plan(changes=changes)), (), LATER).text

    assert "`c3`: `1` → `2`\nand 196 more containers\n" in text


def test_a_record_with_everything_at_its_longest_fits_and_keeps_its_state() -> None:
    long = "&" * 5000
    change = ContainerChange(container=long, old_image=long, new_image=long)
    users = tuple(f"U{n}{'0' * 500}" for n in range(20))
    deploy = awaiting(
        plan=a_plan(changes=(change,) * 200, downtime=True),
        approval={
            "decisions": tuple(Decision(user=user, verdict=Verdict.APPROVED, at=NOW) for user in users)
        },
        service=a_stop_start_service(approvers=users, approvals=99),
        stop={
            "old_tasks": tuple(OldTask(task_id=long, last_status=long, stopping_since=NOW) for _ in range(50))
        },
        end_reason=long,
        retries={"last_error": long},
        request={"reason": long},
    )

    shown = deploy_card(deploy, (), LATER)

    assert check_message_blocks(json.loads(json.dumps(shown.blocks))) == []
    assert SECTION < utf8_bytes(shown.text) <= CARD_BYTES
    assert "*waiting for 79 approvals*" in shown.text


def test_a_long_reason_leaves_the_state_readable() -> None:
    shown = deploy_card(a_deploy(request={"reason": "<&>" * 3000}), (), LATER)

    assert "planning, nothing changed yet" in shown.text.splitlines()[0]
    assert shown.text.splitlines()[1].endswith("…")


def test_clipping_breaks_no_escape_no_mention_and_no_code() -> None:
    assert clip("a&amp;b", 7) == "a&amp;b"
    assert clip("aaaaaa&amp;bbbbbbbb", 14) == "aaaaaa…"
    assert clip("by <@U01ALICE00> and more", 12) == "by …"
    assert clip("`abcdefghijklmnop` more", 12) == "`abcdef…`"
    assert clip("```abcdefghijklmnop``` more", 14) == "```abcdef…```"


def test_clipping_counts_an_emoji_as_two_and_never_halves_it() -> None:
    assert clip("🚢" * 10, 20) == "🚢" * 10
    assert clip("🚢" * 10, 18) == "🚢" * 6 + "…"
    assert shorten("🚢" * 10, 18) == "🚢" * 8 + "…"


def test_clipping_to_bytes_halves_no_character_and_breaks_nothing_either() -> None:
    assert clip_bytes("漢" * 10, 30) == "漢" * 10
    assert clip_bytes("漢" * 10, 29) == "漢" * 7 + "…"
    assert clip_bytes("aaaaaa&amp;bbbbbbbb", 15) == "aaaaaa…"
    assert clip_bytes("`abcdefghijklmnop` more", 13) == "`abcdef…`"


def test_bytes_that_some_do_not_need_go_to_the_others() -> None:
    assert share_bytes([10, 10, 10], 100) == [10, 10, 10]
    assert share_bytes([50, 10, 90], 100) == [45, 10, 45]
    assert share_bytes([], 100) == []


def test_however_long_the_names_are_the_state_is_whole() -> None:
    service = a_stop_start_service("&" * 63, cluster="漢" * 255, region="漢" * 60)
    deploy = awaiting(service=service, tag="&" * 128, plan=a_plan(old_tag="&" * 128))

    line = deploy_card(deploy, (), LATER).state_line

    assert line.endswith("…: *waiting for 1 approval*")
    assert utf8_bytes(line) <= STATE_BYTES


@given(text=texts, limit=st.integers(10, 300))
def test_what_is_clipped_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert utf8_bytes(clip_bytes(text, limit)) <= limit
    assert utf16_units(clip(text, limit)) <= limit
    assert utf16_units(shorten(text, limit)) <= limit
    assert "\n" not in shorten(text, limit)
