"""Each attempt makes exactly one entry in the audit, whether it is done or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from redis import Redis

from bot.attempts import MAX_PER_MINUTE
from deploys import buttons
from deploys.decisions import request_cancel
from deploys.records.phases import Phase
from deploys.stores import audit
from deploys.stores.request_limits import Limits, RequestLimits
from tests.bot.bot_harness import ALICE, BOB, CAROL, DEPLOYS_CHANNEL, GENERAL_CHANNEL, TEAM, BotHarness

FORM = "application/x-www-form-urlencoded"


def entries(redis: Redis) -> list[audit.Row]:
    return audit.trail(redis)


@pytest.mark.parametrize(
    ("typed", "by", "what", "verb", "target", "service"),
    [
        ("/deploy web 1.4.2 a fix", ALICE, "requested", "deploy", "1.4.2", "web"),
        ("/deploy restart web", ALICE, "requested", "restart", "", "web"),
        ("/deploy rollback web 1.4.1", ALICE, "requested", "rollback", "1.4.1", "web"),
        ("/deploy follow web", ALICE, "requested", "follow", "", "web"),
        ("/deploy web 1.4.2", CAROL, "refused", "deploy", "1.4.2", "web"),
        ("/deploy restart web", CAROL, "refused", "restart", "", "web"),
        ("/deploy rollback web 1.4.1", CAROL, "refused", "rollback", "1.4.1", "web"),
        ("/deploy follow web", CAROL, "refused", "follow", "", "web"),
        ("/deploy web,ledger 1.4.2", CAROL, "refused", "deploy", "1.4.2", "web,ledger"),
        ("/deploy restart wbe", ALICE, "refused", "restart", "", "wbe"),
        ("/deploy tags wbe", ALICE, "refused", "tags", "", "wbe"),
        ("/deploy cancel nothing1", ALICE, "refused", "cancel", "nothing1", ""),
        ("/deploy show nothing1", ALICE, "refused", "show", "nothing1", ""),
    ],
)
def test_a_typed_attempt_makes_one_entry(
    bot: BotHarness, typed: str, by: str, what: str, verb: str, target: str, service: str
) -> None:
    answer = bot.type(typed, by=by)

    [entry] = entries(bot.redis)
    assert (entry["what"], entry["verb"], entry["target"], entry["service"]) == (what, verb, target, service)
    assert (entry["who"], entry["team"], entry["channel"]) == (by, TEAM, DEPLOYS_CHANNEL)
    assert float(entry["at"]) == bot.clock()
    if what == "refused":
        assert entry["why"] == " ".join(answer.split())


@pytest.mark.parametrize(
    "typed", ["/deploy status", "/deploy help", "/deploy history web", "/deploy api", "/deploy"]
)
def test_a_question_that_is_answered_and_a_mistake_in_writing_make_none(bot: BotHarness, typed: str) -> None:
    bot.type(typed, by=CAROL)

    assert entries(bot.redis) == []


def test_a_request_for_what_is_under_way_says_of_which_deploy(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()

    bot.type("/deploy web 1.4.2 once more", channel=DEPLOYS_CHANNEL)

    [_, again] = entries(bot.redis)
    assert (again["what"], again["deploy"], again["why"]) == ("requested again", deploy.id, "once more")


@pytest.mark.parametrize(
    ("button", "by", "what", "approvers"),
    [
        (buttons.APPROVE, BOB, "approved", BOB),
        (buttons.APPROVE, CAROL, "refused", ""),
        (buttons.APPROVE, ALICE, "refused", ""),
        (buttons.REJECT, BOB, "rejected", ""),
        (buttons.REJECT, CAROL, "refused", ""),
        (buttons.CANCEL, ALICE, "cancel", ""),
        (buttons.CONTINUE, ALICE, "refused", ""),
        (buttons.LIKELY_TAG, ALICE, "refused", ""),
    ],
)
def test_a_click_makes_one_entry(bot: BotHarness, button: str, by: str, what: str, approvers: str) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "shown_at": bot.clock()}
    )
    bot.post_card(deploy)
    before = len(entries(bot.redis))

    bot.click(button, deploy, by=by)

    [entry] = entries(bot.redis)[before:]
    assert (entry["what"], entry["who"], entry["approvers"]) == (what, by, approvers)
    assert (entry["service"], entry["deploy"], entry["tag"]) == ("ledger", deploy.id, "1.4.2")
    assert (entry["team"], entry["channel"]) == (TEAM, DEPLOYS_CHANNEL)
    assert entry["phase"] == "awaiting approval"


def test_a_decision_names_the_channel_in_which_it_was_made(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")

    bot.type(f"/deploy cancel {bot.only_deploy().id}", channel=GENERAL_CHANNEL)

    assert [each["channel"] for each in entries(bot.redis)] == [DEPLOYS_CHANNEL, GENERAL_CHANNEL]


def test_a_rejection_is_no_approval(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2")
    deploy = bot.only_deploy()
    bot.context.store.amend(
        deploy.id, lambda it: request_cancel(it, ALICE, bot.clock()), by=ALICE, what="cancel"
    )

    assert entries(bot.redis)[-1]["approvers"] == ""


def test_an_error_inside_slipway_is_an_attempt_that_failed(
    bot: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(bot.context.store, "submit_within", fail)
    answer = bot.type("/deploy web 1.4.2")

    [entry] = entries(bot.redis)
    assert entry["what"] == "failed"
    assert entry["why"].rpartition(" ")[2].rstrip(")") in answer
    assert "a secret" not in str(entry)


def foreign(bot: BotHarness) -> None:
    bot.send_command("/deploy web 1.4.2", by="U0STRANGER", team_id="T0OTHER")


def forged(bot: BotHarness) -> None:
    headers = {**bot.signed_headers("a=b", FORM), "x-slack-signature": "v0=" + "0" * 64}
    bot.deliver("a=b", FORM, **headers)  # type: ignore[arg-type]


def replayed(bot: BotHarness) -> None:
    payload = bot.command_payload("/deploy help")
    bot.send_form(payload)
    bot.send_form(payload)


@pytest.mark.parametrize(
    ("send", "why", "who", "team"),
    [
        (foreign, "a request of another workspace", "U0STRANGER", "T0OTHER"),
        (forged, "a request without a valid signature of Slack's", "unknown", ""),
        (replayed, "a signed request that came a second time", "unknown", ""),
    ],
)
def test_a_request_that_reaches_no_listener_makes_an_entry_but_not_one_each_when_there_are_many(
    bot: BotHarness,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[BotHarness], None],
    why: str,
    who: str,
    team: str,
) -> None:
    uptime = [6000.0]
    monkeypatch.setattr("bot.attempts.time", SimpleNamespace(monotonic=lambda: uptime[0]))
    send(bot)

    [entry] = entries(bot.redis)
    assert (entry["what"], entry["why"], entry["who"], entry["team"]) == ("refused", why, who, team)

    for _ in range(MAX_PER_MINUTE + 5):
        send(bot)

    assert len(entries(bot.redis)) == MAX_PER_MINUTE
    uptime[0] += 60
    send(bot)
    assert entries(bot.redis)[-1]["why"] == f"{why}; 6 more of these were left out before"


def test_what_people_type_has_a_bound_in_the_audit(bot: BotHarness) -> None:
    bot.type(f"/deploy show {'x' * 3000}")

    assert all(len(value) <= 600 for each in entries(bot.redis) for value in each.values())


def test_a_secret_that_is_cut_off_is_taken_out_before(bot: BotHarness) -> None:
    for length in range(520, 600):
        bot.type(f"/deploy show {'x,' * (length // 2)}AKIA0123456789ABCDEF")

    assert "AKIA" not in str(entries(bot.redis))


def test_who_asks_for_too_much_makes_one_entry(bot: BotHarness) -> None:
    limits = RequestLimits(bot.redis, Limits(queries_per_minute=1), now=bot.clock)
    flooded = BotHarness(replace(bot.context, request_limits=limits), bot.redis, bot.clock)
    for _ in range(6):
        flooded.type("/deploy status")

    [entry] = entries(bot.redis)
    assert (entry["what"], entry["who"]) == ("refused", ALICE)


def test_history_and_show_say_who_approved_and_show_what_was_refused(bot: BotHarness) -> None:
    bot.type("/deploy ledger 1.4.2")
    deploy = bot.commit_step(
        bot.only_deploy(), phase=Phase.AWAITING_APPROVAL, approval={"question": 1, "shown_at": bot.clock()}
    )
    bot.post_card(deploy)
    bot.click(buttons.APPROVE, deploy, by=CAROL)
    bot.click(buttons.APPROVE, deploy, by=BOB)

    shown = bot.type(f"/deploy show {deploy.id}")

    assert f"approved by <@{BOB}>" in bot.ask("/deploy history ledger")
    assert f"refused approve, by <@{CAROL}>" in shown
    assert f"approved, by <@{BOB}>" in shown
