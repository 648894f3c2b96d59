"""Who may do what, as people meet it: guests, direct messages, shared channels, and what is shown where."""

from __future__ import annotations

from typing import Any

import pytest

from bot import listeners
from deploys import buttons
from deploys.records.phases import Phase
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, GENERAL_CHANNEL, BotHarness
from tests.builders import a_plan
from tests.slack_directory import KnownDirectory, a_channel, a_person

DIRECT, PARTNERS, FOREIGN = "D01ALICE00", "C05PARTNERS", "T02FOREIGN"


def directory_of(bot: BotHarness) -> KnownDirectory:
    directory = bot.context.directory
    assert isinstance(directory, KnownDirectory)
    return directory


FOREIGN_PARTS: list[dict[str, Any]] = [
    {"event": {"team": FOREIGN}},
    {"event": {"user_team": FOREIGN}},
    {"event": {"source_team": FOREIGN}},
    {"event": {"context_team_id": FOREIGN}},
    {"event": {"user_profile": {"team": FOREIGN}}},
    {"event": {"message": {"user_team": FOREIGN}}},
    {"event": {"message": {"user_profile": {"team": FOREIGN}}}},
    {"event": {"root": {"source_team": FOREIGN}}},
    {"context_team_id": FOREIGN},
    {"team_id": FOREIGN},
    {"team": {"id": FOREIGN}},
    {"user": {"team_id": FOREIGN}},
    {"message": {"team": FOREIGN}},
    {"view": {"team_id": FOREIGN}},
]


@pytest.mark.parametrize("part", FOREIGN_PARTS, ids=str)
def test_a_request_that_names_another_team_anywhere_does_nothing(
    bot: BotHarness, part: dict[str, Any]
) -> None:
    payload = bot.mention_payload("@slipway web 1.4.2", by=ALICE)
    [(field, named)] = part.items()
    payload[field] = {**payload.get(field, {}), **named} if isinstance(named, dict) else named

    bot.send_json(payload)

    assert bot.context.store.active() == []
    assert bot.queued_jobs() == []


def test_a_foreign_click_does_nothing(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    payload = bot.click_payload(buttons.CANCEL, deploy, by=ALICE)
    payload["user"]["team_id"] = FOREIGN

    bot.send_payload(payload)

    assert bot.only_deploy().cancel is None


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (DIRECT, "`api` may not be changed or asked about in direct messages"),
        (PARTNERS, "This channel is shared with another organisation"),
    ],
)
@pytest.mark.parametrize("typed", ["api 1.4.2", "restart api", "rollback api", "follow api", "status api"])
def test_where_nothing_is_done_unless_it_is_allowed(
    bot: BotHarness, channel: str, words: str, typed: str
) -> None:
    directory_of(bot).channels[PARTNERS] = a_channel(is_shared=True)

    assert bot.type(f"/deploy {typed}", channel=channel).startswith(words)
    assert bot.context.store.active() == []


def test_a_guest_is_refused(bot: BotHarness) -> None:
    directory_of(bot).people[CAROL] = a_person(is_guest=True)

    assert bot.type("/deploy api 1.4.2", by=CAROL).startswith("You are a guest of this workspace")
    assert bot.type("/deploy history api", by=CAROL).startswith("You are a guest of this workspace")
    assert "`api`" not in bot.type("/deploy help", by=CAROL)


def test_an_event_that_calls_the_channel_shared_is_believed(bot: BotHarness) -> None:
    bot.send_json({**bot.mention_payload("@slipway api 1.4.2", by=ALICE), "is_ext_shared_channel": True})

    [(*_, text)] = bot.queued_answers()
    assert text.startswith("This channel is shared with another organisation")


def test_who_is_not_known_is_read_first_and_then_decided(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = directory_of(bot)
    directory.people[ALICE] = None

    def read(slack_id: str) -> None:
        directory.people[slack_id] = a_person()

    monkeypatch.setattr(bot.context.jobs, "read_slack_directory", read)

    assert bot.type("/deploy api 1.4.2").startswith("Queued: `api`")


def test_who_stays_unknown_is_refused_and_may_try_again(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "KNOWLEDGE_WAIT_SECONDS", 0.01)
    directory_of(bot).people[ALICE] = None
    directory_of(bot).channels[GENERAL_CHANNEL] = None

    assert bot.type("/deploy api 1.4.2").startswith("Slack did not say who you are")
    assert bot.type("/deploy api 1.4.2", by=BOB, channel=GENERAL_CHANNEL).startswith(
        "Slack did not say what kind of channel this is"
    )
    jobs = [args for job, args in bot.queued_jobs() if job == "read_slack_directory"]
    assert sorted(jobs) == sorted([[ALICE], [GENERAL_CHANNEL]])


def test_lists_leave_out_what_may_not_be_seen_there(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    web = bot.only_deploy()
    bot.type("/deploy api 2.0.0")

    for typed in ("status", "history"):
        answer = bot.ask(f"/deploy {typed}", channel=GENERAL_CHANNEL)
        assert "`api` `2.0.0`" in answer
        assert "`web`" not in answer
        assert "Services that may not be seen here are left out" in answer
        assert "`web` `1.4.2`" in bot.ask(f"/deploy {typed}")
    for typed in (f"show {web.id}", "status web", "history web", "tags web", "access web", "cancel web"):
        refused = bot.type(f"/deploy {typed}", channel=GENERAL_CHANNEL)
        assert refused.startswith("`web` cannot be asked about in this channel")
    assert "web" not in bot.type("/deploy help", channel=GENERAL_CHANNEL).partition("*Services*")[2]
    assert "Did you mean" not in bot.type("/deploy wbe 1.4.2", channel=GENERAL_CHANNEL)


def test_a_click_on_the_home_tab_is_decided_by_the_channel_of_the_deploy(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    asked = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan()
    )
    payload = bot.click_payload(buttons.APPROVE, asked, by=BOB)
    del payload["channel"]
    payload["container"] = {"type": "view"}
    directory_of(bot).people[DAVE] = a_person(is_guest=True)

    bot.send_payload({**payload, "user": {**payload["user"], "id": DAVE}, "trigger_id": "1.2.3"})
    assert bot.only_deploy().approval.decisions == ()

    bot.send_payload(payload)
    [decision] = bot.only_deploy().approval.decisions
    assert (decision.user, decision.team, decision.channel) == (BOB, "T01SLIPWAY", "C01DEPLOYS")


def test_access_explains_the_rules_to_the_asker(bot: BotHarness) -> None:
    alice, carol = bot.type("/deploy access web"), bot.type("/deploy access web", by=CAROL)

    people = f"<@{ALICE}>, <!subteam^S01DEPLOYERS>"
    assert alice.startswith(
        "*What you may do with `web` here*\n• deploy it: *yes*\n• approve or reject it: *no*."
    )
    assert f"• deploy it: *no*. You may not deploy `web`. Those who may: {people}" in carol
    for rule in (
        f"• who may deploy it: {people} (`deployers`)",
        "• who may override its freezes and the locks of others: <!subteam^S02APPROVERS> (`approvers`)",
        "• from which channels: <#C01DEPLOYS> (`channels`)",
        "• guests of the workspace: refused (`guests`)",
        "• direct messages: refused (`direct_messages`)",
        "• channels shared with other organisations: refused (`shared_channels`)",
    ):
        assert rule in alice
