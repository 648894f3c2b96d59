"""Which threads are updated first, how often, and by how many jobs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from redis import Redis

from deploys.publish_priority import PublishPriority, publish_priority
from deploys.records.phases import Outcome, Phase, Stage
from deploys.records.rollback import RollbackCause, RollbackCauseKind
from deploys.records.traffic import Pause, TrafficShift
from deploys.stores import redis_keys
from tests.builders import NOW, a_deploy, a_plan, a_service
from tests.redis_commands import commands_of
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.thread import publisher
from workers.thread.publisher import PUBLISHER_SECONDS
from workers.thread.rate_limits import Urgency
from workers.thread.sync import (
    SECONDS_BETWEEN_CHANGES,
    SECONDS_BETWEEN_TIME_UPDATES,
    ThreadSync,
    seconds_between_time_updates,
)

CAUSE = RollbackCause(kind=RollbackCauseKind.CANCELLED, sentence="Cancelled.")
FOLLOWING: dict[str, Any] = {"phase": Phase.FOLLOWING, "ecs": {"update_tried": True}, "plan": a_plan()}


def commit(harness: PublisherHarness, deploy_id: str, **changes: Any) -> None:
    """What the engine writes after a step."""
    claim = harness.store.claim(deploy_id, "worker", 60, due_by=NOW + 1e6)
    assert claim is not None
    harness.store.commit(claim, claim.deploy.evolve(**changes), due_at=harness.clock())


def request(harness: PublisherHarness, count: int) -> list[str]:
    """Deploys of several services, one after another."""
    ids = []
    for number in range(count):
        ids.append(harness.request(service=a_service(f"service-{number}")))
        harness.clock.value += 0.01
    return ids


@pytest.mark.parametrize("phase", list(Phase))
def test_how_urgent_each_phase_is(phase: Phase) -> None:
    expected = {
        Stage.OVER: PublishPriority.END,
        Stage.ROLLBACK: PublishPriority.FAILURE,
    }.get(phase.facts.stage, PublishPriority.PROGRESS)
    if phase is Phase.AWAITING_APPROVAL:
        expected = PublishPriority.QUESTION
    assert publish_priority(a_deploy(phase=phase)) is expected


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_is_an_end_though_the_service_is_looked_at_once_more(outcome: Outcome) -> None:
    assert publish_priority(a_deploy(phase=Phase.SETTLING, outcome=outcome)) is PublishPriority.END


def test_a_rollout_that_goes_back_is_a_failure_and_a_pause_a_question() -> None:
    assert publish_priority(a_deploy(**FOLLOWING, rollback={"cause": CAUSE})) is PublishPriority.FAILURE
    pause = Pause(hook_id="hook-1", stage="PRE_SCALE_UP", since=NOW, expires_at=None, timeout_action=None)
    paused = a_deploy(**FOLLOWING, traffic=TrafficShift(stage="PRE_SCALE_UP", pauses=(pause,)))
    assert publish_priority(paused) is PublishPriority.QUESTION


def test_questions_and_ends_come_before_failures_and_those_before_progress(harness: PublisherHarness) -> None:
    names = ["progress-1", "failure", "progress-2", "end", "question", "progress-3"]
    ids = {name: harness.request(service=a_service(name)) for name in names}
    harness.run_until_published()
    changes: dict[str, dict[str, Any]] = {
        "failure": {"rollback": {"cause": CAUSE}},
        "question": {"phase": Phase.AWAITING_APPROVAL, "approval": {"question": 1}},
        "end": {"phase": Phase.ENDED, "outcome": Outcome.SUCCEEDED, "ended_at": NOW},
    }
    for name in names:
        commit(harness, ids[name], **{**FOLLOWING, **changes.get(name, {})})
        harness.clock.value += 0.01
    harness.looked_at.clear()

    harness.publish_due()

    order = [name for each in harness.looked_at for name in names if ids[name] == each]
    assert order == ["question", "end", "failure", "progress-1", "progress-2", "progress-3"]


def test_a_question_that_comes_up_meanwhile_overtakes_the_progress_of_others(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "THREADS_BETWEEN_LOOKS", 2)
    ids = request(harness, 6)
    real = harness.publisher.publish

    def publish(record_id: str) -> None:
        if record_id == ids[0]:
            commit(harness, ids[5], phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
        real(record_id)

    monkeypatch.setattr(harness.publisher, "publish", publish)

    harness.publish_due()

    assert harness.looked_at == [ids[0], ids[1], ids[5], *ids[2:5]]


def test_what_a_person_decided_is_shown_before_the_progress_of_others(harness: PublisherHarness) -> None:
    first, second, decided = request(harness, 3)

    harness.change(decided, request={"reason": "decided"})

    assert harness.threads.due(harness.clock()) == [decided, first, second]


def test_progress_of_a_thread_that_waits_for_slack_makes_it_due_no_sooner(harness: PublisherHarness) -> None:
    ids = [harness.request(service=a_service(f"service-{number}"), plan=a_plan()) for number in range(12)]
    harness.run_until_published()
    for deploy_id in ids:
        commit(harness, deploy_id, request={"reason": "changed"})
    harness.clock.value += 10
    harness.publish_due()
    last = harness.threads.due(harness.clock() + 3600)[-1]
    waits_until = harness.next_due()
    assert waits_until is not None
    assert waits_until > harness.clock()

    commit(harness, last, request={"reason": "changed again"})
    assert harness.threads.due(harness.clock()) == []

    commit(harness, last, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=harness.clock())
    assert harness.threads.due(harness.clock()) == [last]

    harness.run_until_published()
    assert "changed again" in harness.card(last)["text"] + str(harness.card(last)["blocks"])


def test_an_edit_of_a_card_costs_few_commands(harness: PublisherHarness, redis: Redis) -> None:
    deploy_id = harness.request(plan=a_plan())
    harness.run_until_published()
    for reason in ("first", "second"):  # the first has the scripts loaded
        commit(harness, deploy_id, request={"reason": reason})
        harness.clock.value += 20
        commands = commands_of(redis, harness.publish_due)

    assert reason in str(harness.card(deploy_id))
    assert commands.total() <= 33


def test_threads_whose_calls_have_no_token_yet_are_not_read(harness: PublisherHarness, redis: Redis) -> None:
    """They are due again when they have, one after the other."""
    ids = [harness.request(service=a_service(f"service-{number}"), plan=a_plan()) for number in range(12)]
    harness.run_until_published()
    for deploy_id in ids:
        commit(harness, deploy_id, request={"reason": "changed"})
    harness.clock.value += 10
    harness.publish_due()
    waiting = harness.threads.due(harness.clock() + 3600)
    assert len(waiting) > 4
    redis.zadd(redis_keys.PUBLISH, dict.fromkeys(waiting, int(harness.clock() * 1000)))
    harness.looked_at.clear()

    commands = commands_of(redis, harness.publish_due)

    assert harness.looked_at == []
    assert commands.total() <= 8
    scored: Any = redis.zrange(redis_keys.PUBLISH, 0, -1, withscores=True)
    due_at = [score for _, score in scored]
    assert due_at[0] > harness.clock() * 1000
    assert all(after - before == pytest.approx(1400, abs=2) for before, after in pairwise(due_at))
    harness.run_until_published()
    assert all("changed" in str(harness.card(each)["blocks"]) for each in ids)


def test_a_thread_that_ends_while_it_waits_for_slack_is_not_made_to_wait_longer(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = request(harness, 2)
    for each in ids:
        harness.threads.start_sync(each, NOW)
        harness.threads.schedule(each, NOW, waits_for="chat.postMessage:C01DEPLOYS")
    assert harness.limits.take_token("chat.postMessage", channel="C01DEPLOYS") == 0
    turns = harness.limits.turns
    ended = {"phase": Phase.ENDED, "outcome": Outcome.SUCCEEDED, "ended_at": NOW}

    def end_meanwhile(calls: Sequence[str]) -> list[float]:
        monkeypatch.setattr(harness.limits, "turns", turns)
        commit(harness, ids[1], **ended)
        return turns(calls)

    monkeypatch.setattr(harness.limits, "turns", end_meanwhile)
    harness.clock.value = NOW + 0.5

    harness.publisher.publish_due()

    assert harness.threads.due(harness.clock()) == [ids[1]]


def test_what_runs_is_shown_with_new_times_no_more_often_than_slack_takes(harness: PublisherHarness) -> None:
    ids = request(harness, 20)
    for deploy_id in ids:
        commit(harness, deploy_id, **FOLLOWING)
    harness.run(60)
    harness.looked_at.clear()

    harness.run(2 * 28)

    assert 2 <= len(harness.looked_at) / len(ids) <= 2.5
    assert seconds_between_time_updates(len(ids)) == pytest.approx(28)


def test_a_thread_in_which_only_the_time_moves_is_known_for_that(harness: PublisherHarness) -> None:
    deploy_id = harness.request()
    commit(harness, deploy_id, **FOLLOWING)
    harness.clock.value += 10
    harness.publish_due()
    assert harness.threads.priority(deploy_id) is PublishPriority.ELAPSED_TIME

    harness.clock.value += SECONDS_BETWEEN_TIME_UPDATES
    harness.publish_due()
    assert harness.threads.priority(deploy_id) is PublishPriority.ELAPSED_TIME

    harness.threads.mark_due(deploy_id, harness.clock())
    assert harness.threads.priority(deploy_id) is PublishPriority.PROGRESS


def test_the_time_between_updates_of_the_time_grows_with_the_threads() -> None:
    assert [seconds_between_time_updates(count) for count in (1, 7, 100, 1000)] == [
        SECONDS_BETWEEN_TIME_UPDATES,
        SECONDS_BETWEEN_TIME_UPDATES,
        pytest.approx(140),
        pytest.approx(1400),
    ]


def test_only_one_job_updates_threads_and_another_goes_on_if_it_dies(harness: PublisherHarness) -> None:
    harness.request()
    assert harness.threads.keep_publisher("a job that died", 0.05)

    assert not harness.another_publisher().publish_due()
    assert harness.looked_at == []

    while not harness.threads.keep_publisher("me", 10):
        pass
    harness.threads.release_publisher("me")
    harness.publish_due()
    assert len(harness.looked_at) == 1
    assert PUBLISHER_SECONDS == 15


def test_a_job_lets_others_run_after_its_turn_and_another_goes_on(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = request(harness, 3)
    monkeypatch.setattr(publisher, "TURN_SECONDS", -1.0)

    assert harness.publisher.publish_due()
    assert harness.looked_at == []

    monkeypatch.undo()
    assert not harness.another_publisher().publish_due()
    assert harness.looked_at == ids


def test_what_becomes_due_while_a_job_ends_is_left_for_another(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.request()
    release = harness.threads.release_publisher

    def release_late(owner: str) -> None:
        harness.request(service=a_service("api"))
        release(owner)

    monkeypatch.setattr(harness.threads, "release_publisher", release_late)

    assert harness.publisher.publish_due()


def test_neither_a_claimed_thread_nor_one_that_cannot_be_read_stops_the_others(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, unreadable, web = (harness.request(service=a_service(name)) for name in ("api", "batch", "web"))
    assert harness.threads.claim(claimed, "another worker", 60)
    harness.redis.hset(f"{{slipway}}:deploy:{unreadable}", "record", "{}")

    assert not harness.publisher.publish_due()

    assert harness.view(web).ts
    assert harness.threads.due(harness.clock()) == [claimed]


def test_a_card_that_waits_for_its_turn_at_slack_is_not_built(
    harness: PublisherHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy_id = harness.request()
    harness.run_until_published()
    harness.clock.value += SECONDS_BETWEEN_CHANGES
    while harness.limits.take_token("chat.update", urgency=Urgency.URGENT) == 0:
        pass
    commit(harness, deploy_id, **FOLLOWING)
    harness.publish_due()
    built: list[str] = []
    monkeypatch.setattr(ThreadSync, "_fit_card", lambda _: built.append("a card"))
    harness.threads.mark_due(deploy_id, harness.clock())

    harness.publish_due()

    assert built == []
    state = harness.threads.state(deploy_id)
    assert state is not None
    assert state.card_next_try is not None
    assert state.card_next_try.at > harness.clock()
