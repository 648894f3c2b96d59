"""One Slipway belongs to one workspace. In a shared channel people of others can click and mention, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import structlog
from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot import private_answer, request
from bot.desk import Desk
from bot.middleware.kinds import is_click, is_command
from deploys.errors import WrongTeam

log = structlog.get_logger()


class OneTeam(Middleware):
    """Lets through what comes from this team alone.

    In an Enterprise Grid a message's author may be stated by the organisation, so that one may stand beside
    the team.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._team = desk.identity.team
        self._ours = {desk.identity.team, desk.identity.enterprise}

    def process(
        self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        """Tells whoever typed a command or clicked; events of others are taken and dropped."""
        teams = set(teams_of(req.body))
        if self._team in teams and teams <= self._ours:
            return next()
        log.warning("a request of another team was refused", teams=sorted(teams))
        if is_command(req.body):
            return BoltResponse(status=200, body=WrongTeam().message)
        if is_click(req.body):
            asked = request.of_click(req, self._desk.slack_clock)
            private_answer.tell(WrongTeam().message, asked, self._desk)
        return BoltResponse(status=200, body="")


def teams_of(body: dict[str, Any]) -> Iterator[str]:
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
