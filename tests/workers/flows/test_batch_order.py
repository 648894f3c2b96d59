"""Batches: in order or not, with or without stopping on the first failure."""

from __future__ import annotations

import pytest

from deploys.queue_forecast import usual_seconds
from deploys.records.approval import Verdict
from deploys.records.batch import Skipped, WaitsFor, check_batch_order
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Instead
from deploys.records.thread_messages import ThreadMessageKind
from tests.builders import NOW, a_batch, a_deploy, a_service, a_stop_start_service
from tests.workers.engine_harness import ALICE, EngineHarness
from workers.flows import batch_order


def request_batch_of(harness: EngineHarness, *asked: tuple[str, str], **how: bool) -> list[str]:
    """Requests a batch by alice; the deploys' ids. Each deploy may have another tag here."""
    deploys = [
        a_deploy(
            (a_stop_start_service if name == "ledger" else a_service)(name),
            tag=tag,
            request={"requester": ALICE, "requested_at": harness.ecs.now()},
        )
        for name, tag in asked
    ]
    batch, members = a_batch(*deploys, **how)
    return [each.deploy.id for each in harness.store.submit_batch(batch, members)]


def run_to_outcomes(harness: EngineHarness, ids: list[str]) -> list[Outcome | None]:
    harness.until(lambda: all(harness.get(each).phase is Phase.ENDED for each in ids))
    return [harness.get(each).outcome for each in ids]


def test_all_at_once_nothing_stops_the_others(harness: EngineHarness) -> None:
    ids = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.5.0-crash"))

    harness.until(lambda: all(harness.get(each).phase is Phase.FOLLOWING for each in ids))

    assert run_to_outcomes(harness, ids) == [Outcome.SUCCEEDED, Outcome.ROLLED_BACK]
    assert harness.running_tags("web") == {"1.4.2"}
    assert harness.leftover_keys() == []


def test_in_order_each_begins_when_the_one_before_it_has_ended(harness: EngineHarness) -> None:
    web, api = ids = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    harness.until_phase(web, Phase.FOLLOWING)
    assert harness.get(api).phase is Phase.WAITING
    assert run_to_outcomes(harness, ids) == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]

    begun = [harness.get(each).ecs.rollout_started_at or 0.0 for each in ids]
    assert begun[1] >= (harness.get(web).ended_at or 0.0)
    took = usual_seconds([harness.get(api)])  # without its time in the batch
    since_web = (harness.get(api).ended_at or 0.0) - (harness.get(web).ended_at or 0.0)
    assert took is not None
    assert took <= since_web


def test_the_end_of_one_rings_the_next_at_once(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_order, "POLL_SECONDS", 3600.0)
    web, api = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    harness.until_over(web)
    harness.tick()

    assert harness.get(api).phase is not Phase.WAITING


def test_in_order_a_failure_alone_stops_nobody(harness: EngineHarness) -> None:
    ids = request_batch_of(harness, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True)

    assert run_to_outcomes(harness, ids) == [Outcome.REFUSED, Outcome.SUCCEEDED]


def test_the_first_failure_stops_what_was_not_begun(harness: EngineHarness) -> None:
    web, api = ids = request_batch_of(
        harness, ("web", "1.5.0-crash"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    before = harness.describe_service("api")["taskDefinition"]

    assert run_to_outcomes(harness, ids) == [Outcome.ROLLED_BACK, Outcome.REFUSED]
    assert harness.describe_service("api")["taskDefinition"] == before
    assert harness.get(api).refusal.instead is Instead.AGAIN
    assert harness.thread_text(api) == (
        "*Refused*, nothing was changed: it was not started, because `web` was rolled back and the first "
        "failure stops the rest."
    )
    assert [m.broadcast for m in harness.get(api).thread_messages] == [False], (
        "the channel has heard of web itself"
    )
    assert harness.get(web).thread_messages[-1].broadcast
    assert harness.leftover_keys() == []


def test_a_question_is_closed_when_another_failed(harness: EngineHarness) -> None:
    web, ledger = ids = request_batch_of(
        harness, ("web", "1.5.0-crash"), ("ledger", "1.4.2"), stop_on_first_failure=True
    )

    harness.until_phase(ledger, Phase.AWAITING_APPROVAL)

    assert run_to_outcomes(harness, ids) == [Outcome.ROLLED_BACK, Outcome.REFUSED]
    ended = harness.get(ledger).ended_at or 0.0
    assert ended - (harness.get(web).ended_at or 0.0) <= 2.0, (
        "started at once, not found by the scheduler later"
    )


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.REGISTERING])
def test_every_step_before_the_first_change_looks_at_the_others(harness: EngineHarness, phase: Phase) -> None:
    web, api = request_batch_of(harness, ("web", "9.9.9"), ("api", "1.4.2"), stop_on_first_failure=True)
    claim = harness.store.claim(api, "test", 60)
    assert claim is not None
    moved = claim.deploy.in_phase(phase, harness.ecs.now(), approval={"expires_at": harness.ecs.now() + 900})
    harness.store.commit(claim, moved, due_at=harness.ecs.now() + 900)

    harness.until_over(web)

    assert harness.until_over(api).outcome is Outcome.REFUSED
    assert "it was not started" in harness.thread_text(api)


def test_what_has_begun_goes_on_when_another_fails(harness: EngineHarness) -> None:
    _, api = ids = request_batch_of(
        harness, ("web", "1.5.0-crash"), ("api", "1.5.0-slow"), stop_on_first_failure=True
    )

    harness.until_phase(api, Phase.FOLLOWING)

    assert run_to_outcomes(harness, ids) == [Outcome.ROLLED_BACK, Outcome.SUCCEEDED]


def test_a_no_of_an_approver_stops_the_rest(harness: EngineHarness) -> None:
    ledger, _ = ids = request_batch_of(
        harness, ("ledger", "1.4.2"), ("web", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    harness.until_phase(ledger, Phase.AWAITING_APPROVAL)

    harness.approve(ledger, verdict=Verdict.REJECTED)

    assert run_to_outcomes(harness, ids) == [Outcome.REJECTED, Outcome.REFUSED]


def test_one_that_waits_for_its_turn_can_be_cancelled_alone(harness: EngineHarness) -> None:
    web, api = ids = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    harness.until_phase(web, Phase.FOLLOWING)

    harness.cancel(api)

    assert run_to_outcomes(harness, ids) == [Outcome.SUCCEEDED, Outcome.CANCELLED]


def test_cancelling_all_in_the_middle_cancels_each_and_the_one_that_waits_at_once(
    harness: EngineHarness,
) -> None:
    web, api = ids = request_batch_of(
        harness, ("web", "1.5.0-slow"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    harness.until_phase(web, Phase.FOLLOWING)

    for each in ids:
        harness.cancel(each)
    harness.tick()

    assert harness.get(api).outcome is Outcome.CANCELLED
    assert harness.get(web).in_progress, "it goes back first"
    assert run_to_outcomes(harness, ids) == [Outcome.CANCELLED, Outcome.CANCELLED]


def test_one_that_waits_for_its_turn_keeps_its_place_in_its_services_line(harness: EngineHarness) -> None:
    web, api = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    later = harness.request_deploy("api", "1.4.1")

    harness.until_over(later)

    assert (harness.get(api).ended_at or 0) <= (harness.get(later).ecs.rollout_started_at or 0)
    assert harness.running_tags("api") == {"1.4.1"}
    assert harness.get(web).outcome is Outcome.SUCCEEDED


def test_two_ordered_batches_the_other_way_round_do_not_lock_each_other(harness: EngineHarness) -> None:
    first = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    second = request_batch_of(harness, ("api", "1.4.1"), ("web", "1.4.1"), in_order=True)

    assert run_to_outcomes(harness, first + second) == [Outcome.SUCCEEDED] * 4
    assert harness.running_tags("web") == harness.running_tags("api") == {"1.4.1"}


def test_a_lost_ring_is_made_up_for_by_looking(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.store, "make_due", lambda deploy_ids: None)
    ids = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    assert run_to_outcomes(harness, ids) == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]


@pytest.mark.parametrize("lost", [False, True], ids=["enqueued", "job lost"])
def test_one_that_waits_behind_another_deploy_leaves_the_line_when_its_group_stops(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    if lost:
        monkeypatch.setattr(harness.store, "make_due", lambda deploy_ids: None)
    active = harness.request_deploy("api", "1.5.0-slow")
    harness.until_phase(active, Phase.FOLLOWING)
    web, api = request_batch_of(harness, ("web", "9.9.9"), ("api", "1.4.2"), stop_on_first_failure=True)
    behind = harness.request_deploy("api", "1.4.1")

    harness.until_over(web)
    ended = harness.until_over(api)

    assert ended.outcome is Outcome.REFUSED
    took = (ended.ended_at or 0.0) - (harness.get(web).ended_at or 0.0)
    assert took <= (batch_order.POLL_SECONDS + 1 if lost else 1)
    assert harness.get(active).phase is Phase.FOLLOWING, "it is not disturbed"
    assert harness.store.service_queue("api") == [active, behind]
    assert harness.until_over(active).outcome is Outcome.SUCCEEDED
    assert harness.until_over(behind).outcome is Outcome.SUCCEEDED
    assert harness.leftover_keys() == []


def test_one_that_waits_behind_another_deploy_stays_while_its_group_goes_well(harness: EngineHarness) -> None:
    active = harness.request_deploy("api", "1.5.0-slow")
    web, api = request_batch_of(harness, ("web", "1.4.2"), ("api", "1.4.2"), stop_on_first_failure=True)

    harness.until_over(web)
    assert harness.get(api).phase is Phase.WAITING
    assert harness.store.service_queue("api") == [active, api]

    assert harness.until_over(api).outcome is Outcome.SUCCEEDED


def test_without_its_batch_a_deploy_goes_its_way_alone(harness: EngineHarness) -> None:
    ids = request_batch_of(
        harness, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    harness.redis.delete(*harness.redis.keys("{slipway}:batch:*"))

    assert run_to_outcomes(harness, ids) == [Outcome.REFUSED, Outcome.SUCCEEDED]


PHASES_AND_OUTCOMES: list[tuple[Phase, Outcome | None]] = [
    *((Phase.ENDED, outcome) for outcome in Outcome),
    *((Phase.SETTLING, outcome) for outcome in Outcome),
    *((phase, None) for phase in Phase if phase not in (Phase.SETTLING, Phase.ENDED)),
]


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize(("phase", "outcome"), PHASES_AND_OUTCOMES)
def test_what_the_one_before_means(
    phase: Phase, outcome: Outcome | None, *, stops: bool, in_order: bool
) -> None:
    before = a_deploy(phase=phase, outcome=outcome, ended_at=NOW if outcome else None)
    batch, [before, after] = a_batch(
        before, a_deploy(a_service("api")), in_order=in_order, stop_on_first_failure=stops
    )

    found = check_batch_order(batch, [before, after], after)

    if stops and outcome not in (None, Outcome.SUCCEEDED):
        assert found == Skipped(before)
    elif in_order and phase is not Phase.ENDED:
        assert found == WaitsFor(before)
    else:
        assert found is None
    assert check_batch_order(batch, [before, after], before) is None, "nobody waits for those behind"


def test_it_waits_for_the_nearest_and_names_the_failure_that_came_first() -> None:
    def ended(outcome: Outcome, at: float) -> Deploy:
        return a_deploy(phase=Phase.ENDED, outcome=outcome, ended_at=NOW + at)

    batch, [first, second, third] = a_batch(a_deploy(), a_deploy(), a_deploy(), in_order=True)
    assert check_batch_order(batch, [first, second, third], third) == WaitsFor(second)

    batch, [later, sooner, third] = a_batch(
        ended(Outcome.REFUSED, 9), ended(Outcome.FAILED, 3), a_deploy(), stop_on_first_failure=True
    )
    assert check_batch_order(batch, [later, sooner, third], third) == Skipped(sooner)


def test_the_reason_stands_in_the_record_too(harness: EngineHarness) -> None:
    _, api = ids = request_batch_of(
        harness, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )

    run_to_outcomes(harness, ids)

    assert harness.get(api).outcome_reason == (
        "it was not started, because `web` was refused and the first failure stops the rest."
    )
    assert harness.thread_text(api, ThreadMessageKind.END)
