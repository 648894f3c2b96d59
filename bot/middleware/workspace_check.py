"""One Slipway belongs to one workspace. In a shared channel people of others can click and mention, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot import private_reply, request
from bot.app_context import AppContext
from bot.middleware.payload_check import is_click, is_command
from deploys.errors import WrongWorkspace

log = structlog.get_logger()


class WorkspaceCheck(Middleware):
    """Lets through what comes from this team alone.

    In an Enterprise Grid a message's author may be stated by the organisation, so that one may stand beside
    the team.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._team = context.identity.team
        self._ours = {context.identity.team, context.identity.enterprise}

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Tells whoever typed a command or clicked; events of others are taken and dropped."""
        teams = set(list_teams(req.body))
        if self._team in teams and teams <= self._ours:
            return next()
        log.warning("a request of another team was refused", teams=sorted(teams))
        if is_command(req.body):
            return BoltResponse(status=200, body=WrongWorkspace().message)
        if is_click(req.body):
            asked = request.from_click(req, self._context.slack_clock)
            private_reply.send_privately(WrongWorkspace().message, asked, self._context)
        return BoltResponse(status=200, body="")


def list_teams(body: dict[str, Any]) -> Iterator[str]:
    """Every team that a payload says it comes from: its own, and that of the person who acts.

    `event.team` and `event.user_team` name the team of a message's author, `user.team_id` that of whoever
    clicked (docs.slack.dev, "Slack Connect: working with shared channels").
    """
    event = body.get("event") or {}
    team = body.get("team")
    user = body.get("user")
    stated = (
        body.get("team_id"),
        team.get("id") if isinstance(team, dict) else team,
        user.get("team_id") if isinstance(user, dict) else None,
        event.get("team"),
        event.get("user_team"),
    )
    yield from (each for each in stated if each)
