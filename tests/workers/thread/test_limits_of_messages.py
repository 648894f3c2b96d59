"""Whatever a record holds, Slack takes its card."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploys.deploy import ContainerChange, Decision, Deploy, Milestone, MilestoneKind, TaskAlive, Verdict
from sandbox.slack.blockkit.blocks import check_message_blocks
from tests.builders import NOW, a_deploy, a_plan, a_stop_start_service
from tests.workers.thread.records import deploys, moments, words
from tests.workers.thread.stories import LATER, awaiting, following
from workers.thread.adapting import PLAINEST, dressed
from workers.thread.card import card
from workers.thread.lengths import BLOCKS, SECTION, TEXT, clip, length, shorten
from workers.thread.replies import reply

thorough = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(deploy=deploys, ahead=st.lists(deploys, max_size=2), now=moments)
def test_every_card_is_within_slacks_limits(deploy: Deploy, ahead: list[Deploy], now: float) -> None:
    shown = card(deploy, ahead, now)

    for plainness in range(PLAINEST + 1):
        blocks = json.loads(json.dumps(dressed(shown, plainness)))
        assert check_message_blocks(blocks) == []
        assert len(blocks) <= BLOCKS
        for block in blocks:
            if block["type"] == "section":
                assert length(block["text"]["text"]) <= SECTION
    assert 0 < length(shown.text) <= TEXT
    assert shown.text.startswith(f"*{shown.text[1:2]}")


@thorough
@given(deploy=deploys, text=words)
def test_every_reply_is_within_slacks_limits(deploy: Deploy, text: str) -> None:
    for kind in MilestoneKind:
        said = reply(Milestone(at=NOW, kind=kind, text=text), deploy)

        assert length(said.text) <= TEXT


def test_a_service_of_two_hundred_containers_fits() -> None:
    changes = tuple(
        ContainerChange(container=f"c{n}", old_image=f"registry/c{n}:1", new_image=f"registry/c{n}:2")
        for n in range(200)
    )

    text = card(following(plan=a_plan(changes=changes)), (), LATER).text

    assert "`c3`: `registry/c3:1` → `registry/c3:2`\nand 196 more containers\n" in text


def test_a_record_with_everything_at_its_longest_fits_and_keeps_its_state() -> None:
    long = "&" * 5000
    change = ContainerChange(container=long, old_image=long, new_image=long)
    users = tuple(f"U{n}{'0' * 500}" for n in range(20))
    deploy = awaiting(
        plan=a_plan(changes=(change,) * 200, downtime=True),
        decisions=tuple(Decision(user=user, verdict=Verdict.APPROVED, at=NOW) for user in users),
        service=a_stop_start_service(approvers=users, approvals=99),
        alive=tuple(TaskAlive(task_id=long, last_status=long, since=NOW) for _ in range(50)),
        reason=long,
        last_error=long,
        why=long,
    )

    shown = card(deploy, (), LATER)

    assert check_message_blocks(json.loads(json.dumps(shown.blocks))) == []
    assert SECTION < length(shown.text) <= TEXT
    assert "*waiting for 79 approvals*" in shown.text


def test_a_long_why_leaves_the_state_readable() -> None:
    shown = card(a_deploy(why="<&>" * 3000), (), LATER)

    assert "planning, nothing is changed yet" in shown.text.splitlines()[0]
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


@given(text=words, limit=st.integers(10, 300))
def test_what_is_clipped_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert length(clip(text, limit)) <= limit
    assert length(shorten(text, limit)) <= limit
    assert "\n" not in shorten(text, limit)
