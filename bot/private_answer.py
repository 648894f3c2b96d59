"""Answers that one person alone reads: a worker sends them, since a listener calls no Slack."""

from __future__ import annotations

from contextlib import suppress

from redis.exceptions import RedisError

from bot.desk import Desk
from bot.request import Request
from deploys.deploy import new_deploy_id


def tell(text: str, request: Request, desk: Desk) -> None:
    """Has whoever made the request told this.

    The response_url stays in Redis, where only workers read it, and out of the job, whose arguments RQ logs.
    """
    answer_id = ""
    if request.response_url:
        answer_id = new_deploy_id()
        with suppress(RedisError):  # other ways are left
            desk.threads.answer_at(answer_id, request.response_url)
    desk.bell.say(request.channel, request.answer_thread, request.user, text, answer_id)
