"""When a queued deploy is expected to start."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from deploys.formatting import utc_time
from deploys.queue_forecast import (
    QueueForecast,
    QueueReader,
    batch_forecast,
    forecast,
    forecast_text,
    ordinal,
    start_text,
    usual_seconds,
)
from deploys.records.approval import Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.phases import Outcome, Phase
from deploys.records.request import Verb
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from tests.builders import NOW, a_batch, a_deploy, a_service

APPROVED = a_service(approvers=("U02BOB0000",), approvals=1)


def asked_at(at: float, **changes: Any) -> Deploy:
    return a_deploy(request={"requested_at": NOW + at}, **changes)


def ran(asked: float, ended: float, **changes: Any) -> Deploy:
    return asked_at(
        asked, **{"phase": Phase.ENDED, "outcome": Outcome.SUCCEEDED, "ended_at": NOW + ended, **changes}
    )


def decided(at: float) -> dict[str, Any]:
    return {"decisions": (Decision(user="U02BOB0000", verdict=Verdict.APPROVED, at=NOW + at),)}


@pytest.mark.parametrize(
    ("recent", "expected"),
    [
        ([], None),
        ([ran(0, 100)], 100),
        ([ran(0, 100, outcome=Outcome.ROLLED_BACK)], 100),
        ([ran(0, 100, outcome=Outcome.REFUSED)], None),
        ([ran(0, 100, outcome=Outcome.CANCELLED)], None),
        ([ran(0, 100, verb=Verb.FOLLOW)], None),
        ([asked_at(0)], None),
        ([ran(50, 300), ran(0, 100)], 150),  # it waited until 100: 200 s and 100 s
        ([ran(0, 1000, approval=decided(900))], 100),  # not the time at its approval
        ([ran(9000, 9010), ran(8000, 8020), ran(7000, 7030)], 20),
        ([*(ran(9000 - n * 100, 9010 - n * 100) for n in range(5)), ran(0, 5000)], 10),  # the newest five
    ],
)
def test_how_long_one_takes(recent: list[Deploy], expected: float | None) -> None:
    assert usual_seconds(recent) == expected


LAST = ran(0, 100)
HELD = Hold(kind=HoldKind.FREEZE, sentence="Frozen.")


@pytest.mark.parametrize(
    ("ahead", "recent", "expected"),
    [
        ([asked_at(500)], [LAST], 600),
        ([asked_at(50)], [LAST], 200),  # it could begin at 100, when the one before it ended
        ([asked_at(50, began_at=NOW + 300)], [LAST], 400),  # whatever else kept it waiting
        ([asked_at(500), asked_at(510, phase=Phase.WAITING)], [LAST], 700),
        ([asked_at(500)], [], None),
        ([ran(20, 90, phase=Phase.SETTLING)], [LAST], "any moment now"),
        ([ran(500, 600, phase=Phase.SETTLING), asked_at(510, phase=Phase.WAITING)], [LAST], 700),
        ([asked_at(500, hold=HELD)], [LAST], None),
        ([asked_at(500, verb=Verb.FOLLOW)], [LAST], None),
        ([asked_at(500, phase=Phase.WAITING)], [LAST], 600),
        ([asked_at(500, phase=Phase.WAITING, batch_id="b2c3d4e5")], [LAST], None),  # it waits for others
        ([asked_at(100)], [ran(0, 50)], "any moment now"),  # 150 is over
        (
            [asked_at(100), asked_at(110, phase=Phase.WAITING), asked_at(120, phase=Phase.WAITING)],
            [ran(0, 10)],
            "about 20 s after the deploy that runs now ends",
        ),
        (
            [asked_at(500, service=APPROVED, phase=Phase.UPDATING, approval=decided(900))],
            [LAST],
            1000,
        ),
    ],
)
def test_the_start(ahead: list[Deploy], recent: list[Deploy], expected: float | str | None) -> None:
    found = forecast(ahead, [*reversed(ahead), *recent], NOW + 150)

    when = utc_time(NOW + expected) if isinstance(expected, int) else expected
    about = "at about " if isinstance(expected, int) else ""
    assert found.place == len(ahead) + 1
    assert start_text(found, utc_time) == (f"expected to start {about}{when}" if when else "")


WEB_TOOK = ran(0, 100)
API_TOOK = ran(0, 30)
RUNNING = asked_at(0, began_at=NOW + 450)


@pytest.mark.parametrize(
    ("before", "recent", "expected"),
    [
        ([RUNNING], [WEB_TOOK], QueueForecast(starts_at=NOW + 550)),
        (
            [RUNNING, asked_at(0, phase=Phase.WAITING)],
            [WEB_TOOK, API_TOOK],
            QueueForecast(starts_at=NOW + 580),
        ),
        ([RUNNING, asked_at(0, phase=Phase.WAITING)], [WEB_TOOK, None], QueueForecast()),
        ([asked_at(0, phase=Phase.WAITING)], [WEB_TOOK], QueueForecast()),  # nobody knows when that starts
        ([asked_at(0, hold=HELD)], [WEB_TOOK], QueueForecast()),
        ([asked_at(0, began_at=NOW + 100)], [WEB_TOOK], QueueForecast(after_first=0)),
    ],
)
def test_the_start_of_one_that_waits_for_its_batch(
    before: list[Deploy], recent: list[Deploy | None], expected: QueueForecast
) -> None:
    last = {each.id: [found] if found else [] for each, found in zip(before, recent, strict=True)}

    assert batch_forecast(before, last, NOW + 500) == expected


def test_an_approval_that_its_batch_waits_for_is_named_with_its_service() -> None:
    ledger = asked_at(0, service=APPROVED, phase=Phase.AWAITING_APPROVAL)

    assert start_text(batch_forecast([RUNNING, ledger], {}, NOW), utc_time) == (
        "to start once `web` `1.4.2` by <@U01ALICE00> is approved and has ended"
    )


def test_one_that_waits_for_its_queue_and_its_batch_starts_when_both_let_it(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW + 500)
    other = store.submit(asked_at(0, service=a_service("api"), tag="1.4.1")).deploy
    batch, members = a_batch(
        asked_at(10), asked_at(10, service=a_service("api"), batch_position=1), in_order=True
    )
    store.submit_batch(batch, members)
    for deploy_id, service, took in (("last1111", "web", 900), ("last2222", "api", 300)):
        ended = ran(0, took, id=deploy_id, service=a_service(service))
        redis.hset(redis_keys.record(deploy_id), mapping={"record": ended.to_json(), "version": 1})
        redis.zadd(redis_keys.history(service), {deploy_id: NOW * 1000})
    for each, began in ((other, 450), (members[0], 400)):
        claim = store.claim(each.id, "worker", 60, due_by=NOW + 1000)
        assert claim is not None
        begun = claim.deploy.in_phase(Phase.UPDATING, NOW, began_at=NOW + began)
        store.commit(claim, begun, due_at=NOW)

    api = store.get(members[1].id)
    assert api is not None
    found = QueueReader(store, NOW + 500).read(api)

    assert [each.id for each in found.ahead] == [other.id]
    assert found.forecast == QueueForecast(2, NOW + 400 + 900)


def test_a_queue_is_read_once_however_many_wait_in_it(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW)
    ids = [store.submit(asked_at(number, tag=f"1.4.{number}")).deploy.id for number in range(4)]
    found = [deploy for each in ids if (deploy := store.get(each))]
    queues = QueueReader(store, NOW)
    queues.read(found[1])

    redis.delete(redis_keys.service_queue("web"), redis_keys.history("web"))

    assert [queues.read(each).forecast for each in found] == [None, *map(QueueForecast, (2, 3, 4))]


class HeldBetween:
    """Something that holds every deploy from one time to another (epoch seconds; None: nobody knows)."""

    def __init__(self, begin: float, end: float | None) -> None:
        self._begin, self._end = begin, end

    def find_hold(self, deploy: Deploy, now: float) -> Hold | None:
        is_held = now >= self._begin and (self._end is None or now < self._end)
        return Hold(kind=HoldKind.FREEZE, sentence="Frozen.", until=self._end) if is_held else None


@pytest.mark.parametrize(
    ("holds", "now", "expected"),
    [
        ([], 150, QueueForecast(2, NOW + 200)),  # the first one began at 100 and takes 100 s
        ([(100, 190)], 150, QueueForecast(2, NOW + 200)),  # that is over by then
        ([(180, 500)], 150, QueueForecast(2, NOW + 500)),  # a freeze begins before
        ([(0, 500)], 150, QueueForecast(2, NOW + 500)),  # a lock lasts longer
        ([(0, 500), (400, 900)], 150, QueueForecast(2, NOW + 900)),
        ([(0, None)], 150, QueueForecast(2)),
        ([(0, 500), (400, None)], 150, QueueForecast(2)),
        ([], 300, QueueForecast(2, after_first=0)),  # it takes longer than usual
        ([(0, 500)], 300, QueueForecast(2, NOW + 500)),
    ],
)
def test_no_start_is_told_at_which_something_would_hold_it(
    redis: Redis, holds: list[tuple[float, float | None]], now: float, expected: QueueForecast
) -> None:
    store = DeployStore(redis, now=lambda: NOW + 100)
    first = store.submit(asked_at(0, tag="1.4.1")).deploy
    second = store.submit(asked_at(10)).deploy
    last = ran(0, 100, id="last1111")
    redis.hset(redis_keys.record(last.id), mapping={"record": last.to_json(), "version": 1})
    redis.zadd(redis_keys.history("web"), {last.id: NOW * 1000})
    claim = store.claim(first.id, "worker", 60, due_by=NOW + 1000)
    assert claim is not None
    store.commit(claim, claim.deploy.in_phase(Phase.UPDATING, NOW, began_at=NOW + 100), due_at=NOW)
    sources = [HeldBetween(NOW + begin, None if end is None else NOW + end) for begin, end in holds]

    assert QueueReader(store, NOW + now, sources).read(second).forecast == expected


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL])
def test_an_approval_that_is_missing_tells_no_time(phase: Phase) -> None:
    first = asked_at(500, service=APPROVED, phase=phase)

    found = forecast([first], [LAST], NOW)

    assert (found.starts_at, found.approval_of) == (None, first)
    assert forecast_text(found, utc_time) == (
        "2nd in the queue, to start once `1.4.2` by <@U01ALICE00> is approved and has ended"
    )


def test_what_people_read() -> None:
    assert forecast_text(QueueForecast(3, NOW), utc_time) == (
        f"3rd in the queue, expected to start at about {utc_time(NOW)}"
    )
    assert forecast_text(QueueForecast(4), utc_time) == "4th in the queue"


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")],
)
def test_ordinals(number: int, text: str) -> None:
    assert ordinal(number) == text
