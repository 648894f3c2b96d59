"""Questions that a worker answers: what needs AWS, or more time than Slack gives a listener."""

from __future__ import annotations

from collections.abc import Iterable

from bot.app_context import AppContext
from bot.request import Request
from deploys.job_queue import ServicesQuery
from deploys.records.deploy import new_deploy_id


def new_query_id(request: Request, context: AppContext) -> str:
    """An id under which the worker finds where to answer."""
    if request.query_id:
        context.terminal_answers.expect(request.query_id, request.command_line)
        return request.query_id
    query_id = new_deploy_id()
    if request.response_url:
        context.threads.save_response_url(query_id, request.response_url)
    return query_id


def ask_about_services(
    query: ServicesQuery, services: Iterable[str], request: Request, context: AppContext
) -> None:
    """Has a worker tell something about these services.

    Raises:
        RedisError: no job was queued.
    """
    context.jobs.answer_about_services(
        query,
        new_query_id(request, context),
        services,
        request.channel,
        request.answer_thread,
        request.user,
        request.team,
    )
