"""Asks the budget before each call to AWS (`deploys.stores.aws_budget`), for each caller.

One Redis command for each call whose limit AWS publishes. Who makes the calls is known for a block of code,
so that what calls AWS need not know of budgets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from botocore.model import OperationModel

from deploys.aws_limits import LIMITS_BY_OPERATION
from deploys.errors import AwsBudgetSpent
from deploys.stores.aws_budget import AwsBudget, BucketKey, CallNeed, Waiter
from deploys.telemetry.metrics import AWS_BUDGET_WAITS
from workers.ecs.aws.call_metrics import call_result
from workers.ecs.aws.request_ids import changes_something

OWN_ACCOUNT = "own"
STEP_PATIENCE_SECONDS = 2.0
"""How long the calls of a step together wait for tokens before the step makes place for others (seconds)."""
LONGEST_PATIENCE_SECONDS = 5.0
"""The same for what brings a service back, for queries of people, and for any change (seconds). Whether
the worker still has the deploy is asked after that, right before the change is sent."""
BEGUN_PATIENCE_SECONDS = 15.0
"""The same for the reads of a step that has begun (seconds). A step that gives up repeats all its reads, so
one with many reads would never end if it gave up early."""
RECOVERY_PATIENCE_SECONDS = 30.0
"""The same for an urgent search for lost deploys, whose job may take 55 s (seconds)."""


@dataclass
class Caller:
    """Who makes the calls of a block, and how long they may wait."""

    budget: AwsBudget
    holder: str
    asked_at: float
    need: Callable[[bool], CallNeed]
    """What a call is for; given whether it may change AWS."""
    patience_seconds: float = STEP_PATIENCE_SECONDS
    comes_back: bool = True
    """Whether it asks again when its turn comes. If not, its place is given up, and having begun counts for
    nothing: a question is answered without the rest."""
    sleep: Callable[[float], object] = time.sleep
    waited_seconds: float = 0.0
    has_begun: bool = False
    """Whether a call was made: a step that has begun is completed before others begin."""
    taken_ahead: dict[BucketKey, int] = field(default_factory=dict)
    """Tokens taken before the calls (count)."""

    def before_call(self, key: BucketKey, operation: str, *, ahead: bool = False) -> None:
        """Takes a token for a call of this operation, and waits a short time for it.

        Raises:
            AwsBudgetSpent: the call is not possible yet.
            RedisError: Redis does not answer, so nobody knows.
        """
        if not ahead and self.taken_ahead.get(key, 0):
            self.taken_ahead[key] -= 1
            self.has_begun = True
            return
        changes = changes_something(operation.partition(":")[2])
        need, patience = self.need(changes), self.patience_seconds
        must_complete = self.has_begun and self.comes_back
        if must_complete:
            patience = LONGEST_PATIENCE_SECONDS if changes else max(patience, BEGUN_PATIENCE_SECONDS)
        while True:
            effective = min(need, CallNeed.END) if must_complete else need
            turn = self.budget.take(key, Waiter(self.holder, effective, self.asked_at))
            if turn.seconds <= 0:
                self.has_begun = self.has_begun or not ahead
                return
            if self.waited_seconds + turn.seconds > patience:
                break
            self.sleep(turn.seconds)
            self.waited_seconds += turn.seconds
        AWS_BUDGET_WAITS.add(limit=key.limit.name)
        if not self.comes_back:
            self.budget.leave(key, self.holder)
        raise AwsBudgetSpent(
            action=operation,
            detail="Slipway's share of what AWS takes is used up",
            code="",
            request_id="",
            limit=key.limit.name,
            about=key.limit.about,
            seconds=turn.seconds,
            before=turn.before,
        )

    def take_ahead(self, operation: str, region: str, account: str) -> None:
        """Takes the token for a call that the block is about to make, before anything is read or written.

        Raises as `before_call`.
        """
        if (key := bucket_key(operation, region, account)) is not None:
            self.before_call(key, operation, ahead=True)
            self.taken_ahead[key] = self.taken_ahead.get(key, 0) + 1

    def _give_back(self) -> None:
        for key, count in self.taken_ahead.items():
            for _ in range(count):
                self.budget.give_back(key)


_caller: ContextVar[Caller | None] = ContextVar("aws_caller", default=None)
_default_budget: list[AwsBudget] = []


@contextmanager
def calls_by(caller: Caller | None) -> Iterator[Caller | None]:
    """Each call to AWS within the block is this caller's. None: nobody's, without a budget."""
    token = _caller.set(caller)
    try:
        yield caller
    finally:
        _caller.reset(token)
        if caller is not None:
            caller._give_back()


def complete_block() -> None:
    """The calls of the current block complete what another one has begun (`Caller.has_begun`)."""
    if (caller := _caller.get()) is not None:
        caller.has_begun = True


def caller_for_query(budget: AwsBudget | None, query_id: str) -> Caller | None:
    """A person waits for what is read."""
    if budget is None:
        return None
    return Caller(
        budget,
        f"query {query_id}",
        time.time(),
        lambda changes: CallNeed.QUERY,
        LONGEST_PATIENCE_SECONDS,
        comes_back=False,
    )


def caller_for_recovery(budget: AwsBudget | None, *, urgent: bool) -> Caller | None:
    """Looks for services that a lost deploy left stopped. urgent: all of them in one job, if that takes long
    too. Otherwise it takes only the tokens that nobody else needs, and waits for none: a scan of a thousand
    services would keep every rollout from being looked at for ten seconds."""
    if budget is None:
        return None
    return Caller(
        budget,
        "recovery",
        time.time(),
        lambda changes: CallNeed.END if urgent else CallNeed.BACKGROUND,
        RECOVERY_PATIENCE_SECONDS if urgent else 0.0,
        comes_back=False,
    )


def use_by_default(budget: AwsBudget) -> None:
    """From now on, calls of this process outside of such a block take their tokens after all others."""
    _default_budget[:] = [budget]


def _current_caller() -> Caller | None:
    if (caller := _caller.get()) is not None or not _default_budget:
        return caller
    return Caller(
        _default_budget[0],
        "background",
        time.time(),
        lambda changes: CallNeed.BACKGROUND,
        LONGEST_PATIENCE_SECONDS,
        comes_back=False,
    )


def bucket_key(operation: str, region: str, account: str) -> BucketKey | None:
    """The bucket that a call takes its token from; None if AWS publishes no limit."""
    limit = LIMITS_BY_OPERATION.get(operation)
    return None if limit is None else BucketKey(account, region, limit)


def ask_before_calls(client: Any, account: str) -> None:
    """From now on, each call of this client needs a token. account: that of the client's credentials.

    Register it before other handlers: a call that is not made is no call to them.
    """
    api, region = client.meta.service_model.service_name, client.meta.region_name

    def begin(*, model: OperationModel, **_: Any) -> None:
        operation = f"{api}:{model.name}"
        caller = _current_caller()
        if caller is not None and (key := bucket_key(operation, region, account)) is not None:
            caller.before_call(key, operation)

    def end(*, model: OperationModel, parsed: dict[str, Any], **_: Any) -> None:
        caller = _current_caller()
        key = bucket_key(f"{api}:{model.name}", region, account)
        if caller is not None and key is not None and call_result(parsed) == "throttled":
            caller.budget.note_throttled(key)

    client.meta.events.register("before-call", begin)
    client.meta.events.register("after-call", end)
