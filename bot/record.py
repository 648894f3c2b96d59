"""What somebody asked for, as the record of a deploy."""

from __future__ import annotations

from bot.request import Request
from deploys.catalogue.service import Service
from deploys.deploy import Deploy, Verb, new_deploy_id


def record_of(
    request: Request,
    service: Service,
    now: float,
    *,
    verb: Verb = Verb.DEPLOY,
    tag: str = "",
    target: str = "",
    why: str = "",
    batch: str | None = None,
    place: int = 0,
) -> Deploy:
    """A new record, asked for now (epoch seconds) by whoever sent the request, where they sent it."""
    return Deploy(
        id=new_deploy_id(),
        service=service,
        verb=verb,
        tag=tag,
        target=target,
        why=why,
        requester=request.user,
        team=request.team,
        channel=request.channel,
        thread_ts=request.thread_ts,
        new_thread=request.new_thread,
        requested_at=now,
        batch=batch,
        place=place,
    )
