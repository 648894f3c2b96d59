"""Approvals from the typed request to their end: the bot, the workers and Slack together, on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.app_context import build_app_context
from bot.slack_clock import SlackClock
from deploys.catalogue.catalogue import Catalogue
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores.thread_store import ThreadStore
from sandbox.ecs import EcsSandbox, ManualClock
from sandbox.slack import SlackSandbox
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    BOT_IDENTITY,
    CAROL,
    DAVE,
    DEPLOYS_CHANNEL,
    BotHarness,
    RecordedViews,
)
from tests.bot.bot_harness import ManualClock as BotClock
from tests.builders import NOW
from tests.deploys.catalogue.services_yml import check_yaml
from tests.in_process_aws import call_sandbox_in_process
from tests.slack_directory import KnownDirectory
from tests.workers.engine_harness import EngineHarness
from workers.thread.publisher import Publisher
from workers.thread.rate_limits import SharedRateLimits
from workers.thread.slack_client import slack_client

MANIFEST = Path(__file__).parents[1] / "manifest.yml"
APPROVERS = f"approvers: [{ALICE}, {BOB}, {CAROL}, {DAVE}]"


Pressable = tuple[str, str]
"""The action id and the value of a button."""


@dataclass
class Team:
    """People who ask and answer in #deploys, and what runs meanwhile."""

    bot: BotHarness
    workers: EngineHarness
    publisher: Publisher
    slack: SlackSandbox

    def ask(self, typed: str, by: str = ALICE) -> Deploy:
        """Types it; returns the deploy once it asks for approval or goes on without, and Slack shows that."""
        self.bot.clock.time = self.workers.ecs.now()
        self.bot.type(typed, by=by)
        deploy_id = self.bot.only_deploy().id
        self.workers.until(lambda: self.workers.get(deploy_id).phase not in (Phase.WAITING, Phase.PLANNING))
        self.show()
        return self.workers.get(deploy_id)

    def show(self) -> None:
        """The publisher shows what is due, as fast as Slack's rate limits let it."""
        ecs = self.workers.ecs
        for _ in range(20):
            for thread_id in self.publisher._threads.due(ecs.now()):
                self.publisher.publish(thread_id)
            if not self.publisher._threads.due(ecs.now() + 5):
                break
            ecs.advance(1)

    def card_buttons(self, deploy: Deploy) -> dict[str, Pressable]:
        """The buttons and menu choices of the card as Slack has it, by their labels."""
        ts = self._card_ts(deploy)
        [card] = [each for each in self.slack.thread(DEPLOYS_CHANNEL, ts) if each["ts"] == ts]
        elements = [each for block in card["blocks"] for each in block.get("elements", ())]
        found = {}
        for each in elements:
            if each["type"] == "button":
                found[str(each["text"]["text"])] = (str(each["action_id"]), str(each["value"]))
            for option in each.get("options", ()):
                action_id, _, value = str(option["value"]).partition("|")
                found[str(option["text"]["text"])] = (action_id, value)
        return found

    def press(self, button: Pressable, deploy: Deploy, by: str) -> str:
        """Presses a button that is, or was, on the card. Returns what only this person reads."""
        self.bot.clear_jobs()
        self.bot.clock.time = self.workers.ecs.now()
        action_id, value = button
        payload = self.bot.click_payload(action_id, deploy, by=by, message_ts=self._card_ts(deploy))
        payload["actions"][0]["value"] = value
        self.bot.send_payload(payload)
        return "".join(text for *_, text in self.bot.queued_answers())

    def question_text(self, deploy: Deploy) -> str:
        """The message that called the approvers into the channel, as it stands there now."""
        [posted] = self._thread(deploy).question_replies
        replies = self.slack.replies(DEPLOYS_CHANNEL, self._thread(deploy).thread_ts)
        return next(str(each["text"]) for each in replies if each["ts"] == posted.ts)

    def _thread(self, deploy: Deploy) -> Any:
        return self.publisher._threads.state(deploy.id)

    def _card_ts(self, deploy: Deploy) -> str:
        return str(self._thread(deploy).ts)


def one(name: str, *lines: str) -> Catalogue:
    """The services.yml of one service, which these four may approve."""
    keys = ("cluster: production", "region: eu-west-1", "deployers: everyone", APPROVERS, "pin: tag", *lines)
    checked = check_yaml(f"services:\n  {name}:\n" + "".join(f"    {each}\n" for each in keys))
    assert checked.problems == ()
    return Catalogue(checked.services, version="0123456789ab")


@pytest.fixture
def slack() -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False) as sandbox:
        yield sandbox


@pytest.fixture
def team(
    request: pytest.FixtureRequest, redis: Redis, slack: SlackSandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Team]:
    """With the catalogue that the test is parametrized with."""
    with EcsSandbox(clock=ManualClock(start=NOW), seed=1) as ecs:
        call_sandbox_in_process(ecs, monkeypatch)
        workers = EngineHarness(ecs, redis)
        clock = BotClock(ecs.now())
        slack_clock = SlackClock(wall_clock=clock, uptime=clock)
        slack_clock.compare_with_answer({"Date": formatdate(clock(), usegmt=True)}, clock(), clock())
        context = build_app_context(
            BOT_IDENTITY,
            request.param,
            redis,
            redis,
            now=clock,
            slack_clock=slack_clock,
            directory=KnownDirectory(redis),
            views=RecordedViews(),
        )
        publisher = Publisher(
            slack_client(slack.bot_token, slack.api_url),
            ThreadStore(redis),
            workers.store,
            SharedRateLimits(redis, ecs.now),
            ecs.now,
        )
        yield Team(BotHarness(context, redis, clock), workers, publisher, slack)


def with_catalogue(*catalogues: Catalogue) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("team", catalogues, indirect=True)


@pytest.mark.parametrize(
    ("team", "asks"),
    [
        (one("ledger", "strategy: stop-start"), 1),
        (one("ledger", "strategy: stop-start", "approvals: 0"), 0),
        (one("web"), 0),
        (one("web", "approvals: 2"), 2),
        (one("shop", "strategy: native"), 0),
        (one("shop", "strategy: native", "approvals: 1"), 1),
    ],
    indirect=["team"],
)
def test_stop_start_asks_unless_it_is_told_not_to_and_others_ask_when_told(team: Team, asks: int) -> None:
    [name] = team.bot.context.catalogue.service_names

    deploy = team.ask(f"/deploy {name} 1.4.2")

    assert (deploy.phase is Phase.AWAITING_APPROVAL) is bool(asks)
    assert deploy.service.approvals == asks
    assert ("Approve" in team.card_buttons(deploy)) is bool(asks)
    assert bool(team.workers.ecs.calls("RegisterTaskDefinition")) is not bool(asks)


@with_catalogue(one("web", "approvals: 3"))
def test_three_have_to_approve_each_counts_once_and_the_requester_not_at_all(team: Team) -> None:
    deploy = team.ask("/deploy web 1.4.2")
    approve = team.card_buttons(deploy)["Approve"]
    waits = "Your approval of `web` `1.4.2` counts. It needs {} more, by somebody else."

    assert team.press(approve, deploy, by=BOB) == waits.format("2 approvals")
    assert team.press(approve, deploy, by=BOB) == (
        "Already decided: you approved this, and it needs 2 approvals more, by somebody else."
    )
    assert team.press(approve, deploy, by=ALICE).startswith("You asked for this deploy, so somebody else has")
    assert team.press(approve, deploy, by=CAROL) == waits.format("1 approval")
    team.workers.tick()
    assert team.workers.get(deploy.id).phase is Phase.AWAITING_APPROVAL
    assert team.press(approve, deploy, by=DAVE) == "", "the card is the answer"
    team.workers.until(lambda: team.workers.get(deploy.id).phase is Phase.FOLLOWING)
    team.show()

    assert team.question_text(deploy) == (
        f"<@{ALICE}> asked to deploy `web` `1.4.2`. *Approved* by <@{BOB}>, <@{CAROL}>, <@{DAVE}>."
    )
    assert "Approve" not in team.card_buttons(deploy)
    assert team.press(approve, deploy, by=BOB) == (
        f"Already decided: approved by <@{BOB}>, <@{CAROL}>, <@{DAVE}>."
    )


@with_catalogue(one("web", "approvals: 2", "self_approval: true"))
def test_with_self_approval_the_requesters_own_counts_as_one(team: Team) -> None:
    deploy = team.ask("/deploy web 1.4.2")
    approve = team.card_buttons(deploy)["Approve"]

    assert team.press(approve, deploy, by=ALICE).endswith("It needs 1 approval more, by somebody else.")
    assert team.press(approve, deploy, by=ALICE).startswith("Already decided: you approved this")
    team.press(approve, deploy, by=BOB)

    team.workers.until(lambda: team.workers.get(deploy.id).phase is Phase.FOLLOWING)
    decided = [(each.user, each.verdict) for each in team.workers.get(deploy.id).approval.decisions]
    assert decided == [(ALICE, Verdict.APPROVED), (BOB, Verdict.APPROVED)]


@with_catalogue(one("ledger", "strategy: stop-start", "approval_expiry: 10m"))
@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANCELLED])
def test_however_its_question_ends_every_button_is_dead_and_the_message_says_how(
    team: Team, outcome: Outcome
) -> None:
    deploy = team.ask("/deploy ledger 1.4.2")
    before = team.card_buttons(deploy)
    assert before.keys() == {"Approve", "Reject", "Withdraw"}
    assert team.question_text(deploy).startswith(f"<@{ALICE}>, <@{BOB}>")
    assert deploy.approval.shown_at is not None
    assert deploy.approval.expires_at == deploy.approval.shown_at + 600

    match outcome:
        case Outcome.EXPIRED:
            team.workers.ecs.advance(600)
        case Outcome.REJECTED:
            team.press(before["Reject"], deploy, by=BOB)
        case _:
            team.press(before["Withdraw"], deploy, by=ALICE)
    team.workers.until(lambda: not team.workers.get(deploy.id).in_progress)
    team.show()

    asked = f"<@{ALICE}> asked to deploy `ledger` `1.4.2`."
    ends = {
        Outcome.EXPIRED: f"{asked} *Expired*: nobody decided in time.",
        Outcome.REJECTED: f"{asked} *Rejected* by <@{BOB}>.",
        Outcome.CANCELLED: f"{asked} *Cancelled* by <@{ALICE}> before it was decided.",
    }
    ended = team.workers.get(deploy.id)
    assert ended.outcome is outcome
    assert team.question_text(deploy) == ends[outcome]
    assert team.card_buttons(deploy) == {}
    for label, button in before.items():
        answer = team.press(button, deploy, by=DAVE)
        assert answer.startswith(("This question is closed: ", "Already decided: ", "`ledger` `1.4.2` ")), (
            label
        )
    assert team.workers.get(deploy.id) == ended
    assert team.workers.ecs.calls("UpdateService") == []
    assert team.workers.ecs.calls("RegisterTaskDefinition") == []
