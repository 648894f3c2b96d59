"""The bot with people who type and click; Slack's signed requests reach it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web import SlackResponse

from bot.app import build_app
from bot.app_context import AppContext, build_app_context
from bot.identity import Identity
from bot.view_calls import ViewCalls
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.job_queue import QUEUES, JobQueue
from deploys.mrkdwn import escape
from deploys.records.deploy import Deploy
from deploys.records.thread_state import ThreadState
from tests.slack_directory import KnownDirectory

SIGNING_SECRET = "the-signing-secret"
TEAM = "T01SLIPWAY"
ALICE, BOB, CAROL, DAVE = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000"
BOT_IDENTITY = Identity(team=TEAM, user="U0SLIPWAYB", bot="B01SLIPWAY", token="xoxb-test")
DEPLOYS_CHANNEL, GENERAL_CHANNEL = "C01DEPLOYS", "C02GENERAL"
CARD_TS = "1700000000.000100"
RESPONSE_URL = "https://hooks.slack.com/commands/1/2/3"
RUNS_FOLLOWS = "What runs now follows here, as ECS says."
"""How `/deploy status` ends."""
NOTHING_UNDER_WAY = f"Nothing is under way.\n\n{RUNS_FOLLOWS}"
"""What `/deploy status` says of an empty store."""


class ManualClock:
    """A time that the test moves (epoch seconds)."""

    def __init__(self, start: float) -> None:
        self.time = start

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.time += seconds


class RecordedViews(ViewCalls):
    """The modals that the bot opened and changed, at once; `error` is what Slack answers instead."""

    def __init__(self) -> None:
        super().__init__(cast("WebClient", self), run_later=lambda call: call())
        self.opened: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.error = ""

    def views_open(self, **call: Any) -> None:
        self._take(call, self.opened)

    def views_update(self, **call: Any) -> None:
        self._take(call, self.updated)

    def _take(self, call: dict[str, Any], taken: list[dict[str, Any]]) -> None:
        if self.error:
            raise SlackApiError(
                self.error,
                SlackResponse(
                    client=None,
                    http_verb="POST",
                    api_url="",
                    req_args={},
                    headers={},
                    status_code=200,
                    data={"ok": False, "error": self.error},
                ),
            )
        taken.append(call)


class BotHarness:
    """Types, mentions and clicks, and reads what the bot answers and queues."""

    def __init__(self, context: AppContext, redis: Redis, clock: ManualClock) -> None:
        self.context = context
        self.redis = redis
        self.clock = clock
        self.app = build_app(context, signing_secret=SIGNING_SECRET, api_url="http://127.0.0.1:9/api/")
        self._counter = itertools.count(1)
        self._advanced: list[str] = []
        note: Any = context.jobs
        note.advance = self._note_advanced

    def _note_advanced(self, deploy_id: str) -> None:
        """The jobs in Redis do not say for which deploys they were enqueued."""
        self._advanced.append(deploy_id)
        JobQueue.advance(self.context.jobs, deploy_id)

    # What people do

    def type(self, text: str, *, by: str = ALICE, channel: str = DEPLOYS_CHANNEL, **changes: str) -> str:
        """Types `/deploy ...` and returns the text that only this person sees."""
        response = self.send_command(escape(text), by=by, channel=channel, **changes)
        return str(self.read_ack(response).get("text", ""))

    def ask(self, text: str, *, by: str = ALICE, channel: str = DEPLOYS_CHANNEL) -> str:
        """Types `/deploy ...` and returns what a worker is asked to answer, or the text of the ack if that is
        all."""
        earlier = len(self.queued_answers())
        said = self.type(text, by=by, channel=channel)
        answers = self.queued_answers()[earlier:]
        return answers[-1][3] if answers else said

    def answer_forms(self) -> list[list[dict[str, Any]]]:
        """The blocks of the last answer that a worker was asked to send: in each form, the richest first."""
        [*_, answer_id] = [job[1][4] for job in self.queued_jobs() if job[0] == "answer_privately"]
        return self.context.threads.answer_blocks(answer_id)

    def type_for_blocks(self, text: str, *, by: str = ALICE) -> list[dict[str, Any]]:
        """The blocks of the same answer."""
        return list(self.read_ack(self.send_command(text, by=by))["blocks"])

    def mention(
        self,
        text: str,
        *,
        by: str = ALICE,
        channel: str = DEPLOYS_CHANNEL,
        thread: str | None = None,
        **event: Any,
    ) -> BoltResponse:
        """Writes a message that mentions somebody, for instance `@slipway status`."""
        return self.send_json(self.mention_payload(text, by=by, channel=channel, thread=thread, **event))

    def click(self, action_id: str, deploy: Deploy, *, by: str = BOB, **how: Any) -> BoltResponse:
        """Presses a button of the deploy's card, or of what `how` says."""
        return self.send_payload(self.click_payload(action_id, deploy, by=by, **how))

    def queued_answers(self) -> list[tuple[str, str | None, str, str]]:
        """What workers were asked to say: channel, thread, user and text."""
        return [
            (job[1][0], job[1][1], job[1][2], job[1][3])
            for job in self.queued_jobs()
            if job[0] == "answer_privately"
        ]

    def response_urls(self) -> list[str | None]:
        """For each of these, the response_url that workers find for it."""
        answer_ids = [job[1][4] for job in self.queued_jobs() if job[0] == "answer_privately"]
        return [self.context.threads.response_url(each) if each else None for each in answer_ids]

    def queued_jobs(self) -> list[tuple[str, list[Any]]]:
        """The queued jobs: name and arguments, in the order in which workers take them. In place of each job
        that moves whatever is due: the deploys for which it was enqueued."""
        queues = [Queue(name, connection=self.redis, serializer=JSONSerializer) for name in QUEUES]
        jobs = [job for queue in queues for job in queue.jobs]
        found = [(str(job.func_name).rpartition(".")[2], list(job.args)) for job in jobs]
        if ("advance_due", []) not in found:
            return found
        at = found.index(("advance_due", []))
        advanced = [("advance", [deploy_id]) for deploy_id in dict.fromkeys(self._advanced)]
        return found[:at] + advanced + [job for job in found[at:] if job != ("advance_due", [])]

    # What workers do meanwhile

    def post_card(self, deploy: Deploy, ts: str = CARD_TS) -> str:
        """Writes down the card as the publisher does once it is posted; returns a link to it."""
        link = f"https://slack.test/{deploy.id}"
        threads = self.context.threads
        assert threads.claim(deploy.id, "publisher", 10)
        threads.save(
            deploy.id, "publisher", ThreadState(channel=deploy.request.channel, ts=ts, permalink=link)
        )
        threads.release(deploy.id, "publisher")
        return link

    def commit_step(self, deploy: Deploy, **changes: Any) -> Deploy:
        """Commits a step, as a worker does."""
        claim = self.context.store.claim(deploy.id, "worker", 60, due_by=self.clock() + 10_000)
        assert claim is not None
        moved = self.context.store.commit(
            claim, claim.deploy.evolve(**changes), due_at=self.clock(), what="moved"
        )
        return moved.deploy

    def clear_jobs(self) -> None:
        """Takes every job off the queue; a second passes."""
        self._advanced.clear()
        for key in self.redis.keys("rq:*"):
            self.redis.delete(key)
        self.clock.advance(1)

    def only_deploy(self) -> Deploy:
        """The one deploy that has not ended."""
        [deploy] = self.context.store.active()
        return deploy

    # What Slack makes of it

    def send_command(
        self, text: str, *, by: str = ALICE, channel: str = DEPLOYS_CHANNEL, **changes: str
    ) -> BoltResponse:
        """Delivers a slash command, its text as Slack sends it."""
        return self.send_form(self.command_payload(text, by=by, channel=channel, **changes))

    def command_payload(
        self, text: str, *, by: str = ALICE, channel: str = DEPLOYS_CHANNEL, **changes: str
    ) -> dict[str, str]:
        """The form that Slack posts for `/deploy ...`."""
        command, _, rest = text.partition(" ")
        return {
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": by,
            "command": command,
            "text": rest,
            "response_url": RESPONSE_URL,
            "trigger_id": self._next_trigger_id(),
            **changes,
        }

    def mention_payload(
        self, text: str, *, by: str, channel: str = DEPLOYS_CHANNEL, thread: str | None = None, **event: Any
    ) -> dict[str, Any]:
        """The event that Slack posts for a mention."""
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "event_id": f"Ev{next(self._counter):010}",
            "event_time": int(self.clock()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_IDENTITY.user, "is_bot": True}],
            "event": {
                "type": "app_mention",
                "user": by,
                "team": TEAM,
                "channel": channel,
                "ts": f"{self.clock():.6f}",
                "text": text.replace("@slipway", f"<@{BOT_IDENTITY.user}>"),
                **({"thread_ts": thread} if thread else {}),
                **event,
            },
        }

    def click_payload(
        self,
        action_id: str,
        deploy: Deploy,
        *,
        by: str = BOB,
        question: int | None = None,
        channel: str = DEPLOYS_CHANNEL,
        message_ts: str = CARD_TS,
        ephemeral: bool = False,
        menu: str | None = None,
        team: str = TEAM,
    ) -> dict[str, Any]:
        """The payload that Slack posts for a click."""
        value = buttons.button_value(deploy.id, deploy.approval.question if question is None else question)
        action: dict[str, Any] = {
            "action_id": action_id,
            "block_id": "b",
            "action_ts": f"{self.clock():.6f}",
            "type": "overflow" if menu else "button",
        }
        pressed = {"selected_option": {"value": f"{menu}|{value}"}} if menu else {"value": value}
        return {
            "type": "block_actions",
            "team": {"id": team},
            "user": {"id": by, "team_id": team},
            "channel": {"id": channel},
            "container": {
                "type": "message",
                "message_ts": message_ts,
                "channel_id": channel,
                "is_ephemeral": ephemeral,
            },
            "response_url": RESPONSE_URL,
            "trigger_id": self._next_trigger_id(),
            "actions": [{**action, **pressed}],
        }

    def send_payload(self, payload: dict[str, Any]) -> BoltResponse:
        """Delivers what came of a click."""
        return self.send_form({"payload": json.dumps(payload)})

    def send_form(self, form: dict[str, str], **headers: str) -> BoltResponse:
        """Signs and delivers a form, as commands and clicks come."""
        return self.deliver(urlencode(form), "application/x-www-form-urlencoded", **headers)

    def send_json(self, payload: dict[str, Any], **headers: str) -> BoltResponse:
        """Signs and delivers JSON, as events come."""
        return self.deliver(json.dumps(payload), "application/json", **headers)

    def deliver(self, body: str, content_type: str, **headers: str) -> BoltResponse:
        """One HTTP request, signed with this second."""
        return self.app.dispatch(
            BoltRequest(body=body, headers=self.signed_headers(body, content_type, **headers))
        )

    def signed_headers(self, body: str, content_type: str, **headers: str) -> dict[str, str | Sequence[str]]:
        """The headers of a request that Slack signed now."""
        stamp = str(int(self.clock()))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=stamp, body=body)
        return {
            "content-type": content_type,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": str(signature),
            **headers,
        }

    def read_ack(self, response: BoltResponse) -> dict[str, Any]:
        """The ack of a command as Slack reads it."""
        assert response.status == 200
        if not response.body.startswith("{"):
            return {"text": response.body}
        ack: dict[str, Any] = json.loads(response.body)
        return ack

    def _next_trigger_id(self) -> str:
        return f"{next(self._counter)}.{TEAM}.0123456789abcdef"


def bot_with(catalogue: Catalogue, redis: Redis, clock: ManualClock) -> BotHarness:
    """A bot with these services, to which everybody is a member of the workspace."""
    context = build_app_context(
        BOT_IDENTITY,
        catalogue,
        redis,
        redis,
        now=clock,
        directory=KnownDirectory(redis),
        views=RecordedViews(),
    )
    return BotHarness(context, redis, clock)
