"""Questions that a worker answers: what needs AWS, or more time than Slack gives a listener."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.app_context import AppContext
from bot.request import Request
from deploys.job_queue import ServicesQuery
from deploys.records.deploy import new_deploy_id
from deploys.redis_round_trip import RoundTrip
from deploys.stores.thread_store import save_response_url


def ask_worker(request: Request, context: AppContext, enqueue: Callable[[RoundTrip, str], None]) -> None:
    """Has a worker answer: together with keeping the answer to the request, or at once if none is handled.

    enqueue: adds the job to a round trip, by the id under which the worker finds where to answer.

    Raises:
        RedisError: no job was enqueued; while a request is handled, what handles it says so.
    """
    query_id = request.query_id or new_deploy_id()
    if request.query_id:
        context.terminal_answers.expect(query_id, request.command_line)
    trip = context.last_round_trip or RoundTrip(context.store.redis)
    if request.response_url and not request.query_id:
        save_response_url(trip, query_id, request.response_url, must_succeed=True)
    enqueue(trip, query_id)
    if trip is not context.last_round_trip:
        trip.run()


def ask_about_services(
    query: ServicesQuery, services: Iterable[str], request: Request, context: AppContext
) -> None:
    """Has a worker tell something about these services. Raises as `ask_worker`."""
    ask_worker(
        request,
        context,
        lambda trip, query_id: context.jobs.answer_about_services(
            trip,
            query,
            query_id,
            services,
            request.channel,
            request.answer_thread,
            request.user,
            request.team,
        ),
    )
