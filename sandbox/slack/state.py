"""Everything the played Slack is made of, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.slack.faults import Faults
from sandbox.slack.outward.delivery import Delivery
from sandbox.slack.outward.events import Events
from sandbox.slack.outward.response_urls import ResponseUrls
from sandbox.slack.outward.signed_http import SignedHttp
from sandbox.slack.outward.socket_mode import SocketMode
from sandbox.slack.outward.triggers import Triggers
from sandbox.slack.store.board import Board
from sandbox.slack.store.calls import Calls
from sandbox.slack.store.changes import Changes
from sandbox.slack.store.identifiers import Identifiers
from sandbox.slack.store.message import Message
from sandbox.slack.store.messages import Messages
from sandbox.slack.store.views import Views
from sandbox.slack.team.installation import Installation
from sandbox.slack.team.workspace import Workspace
from sandbox.slack.timings import Timings
from sandbox.slack.webapi.limits import RateLimits


@dataclass(frozen=True)
class State:
    """`base_url` is where this Slack is reached, with a slash at its end."""

    base_url: str
    installation: Installation
    timings: Timings
    limits: RateLimits
    workspace: Workspace
    ids: Identifiers
    messages: Messages
    changes: Changes
    board: Board
    views: Views
    calls: Calls
    faults: Faults
    triggers: Triggers
    response_urls: ResponseUrls
    socket: SocketMode
    http: SignedHttp
    delivery: Delivery
    events: Events

    def permalink(self, message: Message) -> str:
        link = f"{self.base_url}archives/{message.channel}/p{message.ts.replace('.', '')}"
        if not message.is_reply:
            return link
        return f"{link}?{urlencode({'thread_ts': str(message.thread_ts), 'cid': message.channel})}"


def new_state(base_url: str, installation: Installation, timings: Timings, limits: RateLimits) -> State:
    manifest = installation.manifest
    workspace = Workspace(manifest.bot_name, manifest.name)
    ids, messages, changes, faults = Identifiers(), Messages(), Changes(), Faults()
    socket, http = SocketMode(ids, timings.socket_ticket), SignedHttp(installation.signing_secret)
    delivery = Delivery(manifest, socket, http, faults, timings)
    return State(
        base_url=base_url,
        installation=installation,
        timings=timings,
        limits=limits,
        workspace=workspace,
        ids=ids,
        messages=messages,
        changes=changes,
        board=Board(workspace, messages, changes, ids),
        views=Views(),
        calls=Calls(),
        faults=faults,
        triggers=Triggers(ids, timings.trigger),
        response_urls=ResponseUrls(base_url, ids, timings.response_url),
        socket=socket,
        http=http,
        delivery=delivery,
        events=Events(installation, delivery, ids, timings),
    )
