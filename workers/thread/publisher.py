"""Brings Slack up to date with the records. Only the publisher writes to a deploy's thread."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from slack_sdk import WebClient

from deploys.deploy import Deploy, Phase
from deploys.errors import Conflict
from deploys.store import Store
from deploys.threads import KEPT_SECONDS, Threads, ThreadView
from workers.thread import requester
from workers.thread.calls import Calls
from workers.thread.catching_up import CatchingUp
from workers.thread.limits import Limits
from workers.thread.line import ahead_of
from workers.thread.trouble import PATIENCE, Kind, Trouble, pause

log = structlog.get_logger()

LEASE_SECONDS = 60.0
"""How long one worker may write to a thread before another may. A turn takes at most half of it."""
TOO_OLD_SECONDS = max(PATIENCE.values())
"""A thread that nobody knows of any more is not opened for a deploy that ended longer ago."""


class Publisher:
    """Publishes one deploy at a time, and never waits: what cannot be sent now stays due.

    Give it a client without retry handlers (`workers.thread.client.slack_client`).
    """

    def __init__(
        self,
        client: WebClient,
        threads: Threads,
        store: Store,
        limits: Limits,
        now: Callable[[], float],
    ) -> None:
        self._client = client
        self._calls = Calls(client, limits)
        self._threads = threads
        self._store = store
        self._now = now

    def publish(self, deploy_id: str) -> None:
        """Shows as much of the record as Slack takes now; the rest stays due in the publish set."""
        owner = secrets.token_hex(8)
        if not self._threads.claim(deploy_id, owner, LEASE_SECONDS):
            return  # the one who has it is told by the publish set that more is due
        try:
            self._turn(deploy_id, owner)
        except Conflict:
            log.warning("lost the thread's lease; another worker goes on", deploy=deploy_id)
        finally:
            self._threads.release(deploy_id, owner)

    def _turn(self, deploy_id: str, owner: str) -> None:
        seen_score = self._threads.take_up(deploy_id, self._now() + LEASE_SECONDS)
        deploy = self._store.get(deploy_id)
        if deploy is None:
            self._threads.settled(deploy_id, seen_score)
            return
        view = self._threads.view(deploy_id)
        again_at = None
        if not self._given_up(deploy, view):
            again_at = self._catch_up(deploy, view or ThreadView(channel=deploy.channel), owner)
        if again_at is not None:
            self._threads.later(deploy_id, again_at, seen_score)
            return
        self._threads.settled(deploy_id, seen_score)
        if deploy.phase is Phase.ENDED:
            ended_at = self._now() if deploy.ended_at is None else deploy.ended_at
            self._threads.forget_after(deploy_id, ended_at + KEPT_SECONDS - self._now())

    def _catch_up(self, deploy: Deploy, view: ThreadView, owner: str) -> float | None:
        if self._now() < view.retry_at:
            return view.retry_at
        catching_up = CatchingUp(
            self._calls,
            deploy,
            ahead_of(deploy, self._store),
            view,
            save=lambda changed: self._threads.save(deploy.id, owner, changed),
            now=self._now,
        )
        try:
            return catching_up.run()
        except Trouble as trouble:
            view = self._after(trouble, deploy, catching_up.view)
            self._threads.save(deploy.id, owner, view)
            return view.retry_at

    def _after(self, trouble: Trouble, deploy: Deploy, view: ThreadView) -> ThreadView:
        """What to remember of a trouble that concerns every call for this thread."""
        tries = view.tries + 1
        wait = max(trouble.retry_after, pause(trouble.kind, tries))
        told = view.told_requester
        if trouble.kind is Kind.CHANNEL and not told:
            told = self._tell_requester(deploy, trouble)
        say = log.error if trouble.kind is Kind.TOKEN else log.warning
        say(
            "the thread is behind",
            deploy=deploy.id,
            channel=deploy.channel,
            because=trouble.kind.value,
            method=trouble.method,
            error=trouble.detail,
            next_try_in=round(wait, 1),
        )
        return view.evolve(
            trouble=trouble.kind.value, tries=tries, retry_at=self._now() + wait, told_requester=told
        )

    def _tell_requester(self, deploy: Deploy, trouble: Trouble) -> bool:
        response_url = self._threads.response_url(deploy.id)
        if response_url is None:
            return False
        return requester.tell(
            self._client, response_url, requester.unreachable(deploy, trouble.detail.split(" ")[0])
        )

    def _given_up(self, deploy: Deploy, view: ThreadView | None) -> bool:
        """Whether the thread has been tried for long enough after the deploy's end."""
        if deploy.ended_at is None:
            return False
        patience = TOO_OLD_SECONDS if view is None else None
        if view is not None and view.trouble:
            patience = PATIENCE[Kind(view.trouble)]
        if patience is None or self._now() <= deploy.ended_at + patience:
            return False
        log.error("gave up on the thread", deploy=deploy.id, because=view.trouble if view else "too old")
        return True
