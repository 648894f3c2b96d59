"""The state of the played Slack, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from sandbox.slack.faults import SlackFaults
from sandbox.slack.slack_limits import RateLimits, SlackTimeouts
from sandbox.slack.store.call_log import CallLog
from sandbox.slack.store.change_log import ChangeLog
from sandbox.slack.store.message_writer import MessageWriter
from sandbox.slack.store.messages import MessageStore, SlackMessage
from sandbox.slack.store.open_views import OpenViews
from sandbox.slack.store.slack_ids import SlackIds
from sandbox.slack.team.installation import AppInstallation
from sandbox.slack.team.workspace import SlackWorkspace
from sandbox.slack.to_app.delivery import AppDelivery
from sandbox.slack.to_app.events_api import EventsApi
from sandbox.slack.to_app.response_urls import ResponseUrls
from sandbox.slack.to_app.signed_http import SignedHttpClient
from sandbox.slack.to_app.socket_mode import SocketModeServer
from sandbox.slack.to_app.trigger_ids import TriggerIds


class ExampleText(NamedTuple):
    """Something to type in the first channel, and what it shows."""

    text: str
    note: str


@dataclass(frozen=True)
class WorkspaceState:
    """`base_url` is the address of this Slack, with a slash at the end."""

    base_url: str
    installation: AppInstallation
    timeouts: SlackTimeouts
    rate_limits: RateLimits
    workspace: SlackWorkspace
    ids: SlackIds
    messages: MessageStore
    change_log: ChangeLog
    message_writer: MessageWriter
    views: OpenViews
    call_log: CallLog
    faults: SlackFaults
    trigger_ids: TriggerIds
    response_urls: ResponseUrls
    socket_mode: SocketModeServer
    signed_http: SignedHttpClient
    delivery: AppDelivery
    events_api: EventsApi
    examples: tuple[ExampleText, ...] = ()
    """What the page offers to somebody who has never used the app."""

    def permalink(self, message: SlackMessage) -> str:
        link = f"{self.base_url}archives/{message.channel}/p{message.ts.replace('.', '')}"
        if not message.is_reply:
            return link
        return f"{link}?{urlencode({'thread_ts': str(message.thread_ts), 'cid': message.channel})}"


def build_state(
    base_url: str,
    installation: AppInstallation,
    timeouts: SlackTimeouts,
    rate_limits: RateLimits,
    examples: tuple[ExampleText, ...] = (),
) -> WorkspaceState:
    manifest = installation.manifest
    workspace = SlackWorkspace(manifest.bot_name, manifest.name)
    ids, messages, changes, faults = SlackIds(), MessageStore(), ChangeLog(), SlackFaults()
    socket, http = (
        SocketModeServer(ids, timeouts.socket_ticket),
        SignedHttpClient(installation.signing_secret),
    )
    delivery = AppDelivery(manifest, socket, http, faults, timeouts)
    return WorkspaceState(
        base_url=base_url,
        installation=installation,
        timeouts=timeouts,
        rate_limits=rate_limits,
        workspace=workspace,
        ids=ids,
        messages=messages,
        change_log=changes,
        message_writer=MessageWriter(workspace, messages, changes, ids),
        views=OpenViews(),
        call_log=CallLog(),
        faults=faults,
        trigger_ids=TriggerIds(ids, timeouts.trigger),
        response_urls=ResponseUrls(base_url, ids, timeouts.response_url),
        socket_mode=socket,
        signed_http=http,
        delivery=delivery,
        events_api=EventsApi(installation, delivery, ids, timeouts),
        examples=examples,
    )
