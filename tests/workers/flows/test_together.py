"""Several services at once: in order or not, stopping on the first failure or not."""

from __future__ import annotations

import pytest

from deploys.batch import LeftAlone, WaitsFor, bidden
from deploys.deploy import Deploy, MilestoneKind, Outcome, Phase, Verdict
from tests.builders import NOW, a_batch, a_deploy, a_service, a_stop_start_service
from tests.workers.yard import ALICE, Yard
from workers.flows import together


def ask(yard: Yard, *asked: tuple[str, str], **how: bool) -> list[str]:
    """Several at once by alice; the deploys' ids. Each may have a tag of its own here."""
    deploys = [
        a_deploy(
            (a_stop_start_service if name == "ledger" else a_service)(name),
            tag=tag,
            requester=ALICE,
            requested_at=yard.ecs.now(),
        )
        for name, tag in asked
    ]
    batch, members = a_batch(*deploys, **how)
    return [each.deploy.id for each in yard.store.request_batch(batch, members)]


def outcomes(yard: Yard, ids: list[str]) -> list[Outcome | None]:
    yard.until(lambda: all(yard.get(each).phase is Phase.ENDED for each in ids))
    return [yard.get(each).outcome for each in ids]


def test_all_at_once_nothing_stops_the_others(yard: Yard) -> None:
    ids = ask(yard, ("web", "1.4.2"), ("api", "1.5.0-crash"))

    yard.until(lambda: all(yard.get(each).phase is Phase.FOLLOWING for each in ids))

    assert outcomes(yard, ids) == [Outcome.SUCCEEDED, Outcome.ROLLED_BACK]
    assert yard.images_running("web") == {"1.4.2"}
    assert yard.leftovers() == []


def test_in_order_each_begins_when_the_one_before_it_has_ended(yard: Yard) -> None:
    web, api = ids = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    yard.until_phase(web, Phase.FOLLOWING)
    assert yard.get(api).phase is Phase.WAITING
    assert outcomes(yard, ids) == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]

    begun = [yard.get(each).started_at or 0.0 for each in ids]
    assert begun[1] >= (yard.get(web).ended_at or 0.0)


def test_the_end_of_one_rings_the_next_at_once(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "POLL_SECONDS", 3600.0)
    web, api = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    yard.until_over(web)
    yard.tick()

    assert yard.get(api).phase is not Phase.WAITING


def test_in_order_a_failure_alone_stops_nobody(yard: Yard) -> None:
    ids = ask(yard, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True)

    assert outcomes(yard, ids) == [Outcome.REFUSED, Outcome.SUCCEEDED]


def test_the_first_failure_stops_what_was_not_begun(yard: Yard) -> None:
    web, api = ids = ask(
        yard, ("web", "1.5.0-crash"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    before = yard.service("api")["taskDefinition"]

    assert outcomes(yard, ids) == [Outcome.ROLLED_BACK, Outcome.REFUSED]
    assert yard.service("api")["taskDefinition"] == before
    assert yard.said(api) == (
        "*Refused*, nothing was changed: it was not begun, because `web` was rolled back and the first "
        "failure stops the rest."
    )
    assert [m.broadcast for m in yard.get(api).milestones] == [False], "the channel has heard of web itself"
    assert yard.get(web).milestones[-1].broadcast
    assert yard.leftovers() == []


def test_a_question_is_closed_when_another_failed(yard: Yard) -> None:
    web, ledger = ids = ask(yard, ("web", "1.5.0-crash"), ("ledger", "1.4.2"), stop_on_first_failure=True)

    yard.until_phase(ledger, Phase.AWAITING_APPROVAL)

    assert outcomes(yard, ids) == [Outcome.ROLLED_BACK, Outcome.REFUSED]
    ended = yard.get(ledger).ended_at or 0.0
    assert ended - (yard.get(web).ended_at or 0.0) <= 2.0, "rung at once, not found by and by"


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.PLANNING, Phase.AWAITING_APPROVAL, Phase.REGISTERING])
def test_every_step_before_the_first_change_looks_at_the_others(yard: Yard, phase: Phase) -> None:
    web, api = ask(yard, ("web", "9.9.9"), ("api", "1.4.2"), stop_on_first_failure=True)
    claim = yard.store.claim(api, "test", 60)
    assert claim is not None
    moved = claim.deploy.at(phase, yard.ecs.now(), question_expires_at=yard.ecs.now() + 900)
    yard.store.commit(claim, moved, due_at=yard.ecs.now() + 900)

    yard.until_over(web)

    assert yard.until_over(api).outcome is Outcome.REFUSED
    assert "it was not begun" in yard.said(api)


def test_what_has_begun_goes_on_when_another_fails(yard: Yard) -> None:
    _, api = ids = ask(yard, ("web", "1.5.0-crash"), ("api", "1.5.0-slow"), stop_on_first_failure=True)

    yard.until_phase(api, Phase.FOLLOWING)

    assert outcomes(yard, ids) == [Outcome.ROLLED_BACK, Outcome.SUCCEEDED]


def test_a_no_of_an_approver_stops_the_rest(yard: Yard) -> None:
    ledger, _ = ids = ask(
        yard, ("ledger", "1.4.2"), ("web", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    yard.until_phase(ledger, Phase.AWAITING_APPROVAL)

    yard.approve(ledger, verdict=Verdict.REJECTED)

    assert outcomes(yard, ids) == [Outcome.REJECTED, Outcome.REFUSED]


def test_one_that_waits_for_its_turn_can_be_cancelled_alone(yard: Yard) -> None:
    web, api = ids = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    yard.until_phase(web, Phase.FOLLOWING)

    yard.cancel(api)

    assert outcomes(yard, ids) == [Outcome.SUCCEEDED, Outcome.CANCELLED]


def test_cancelling_all_in_the_middle_cancels_each_and_the_one_that_waits_at_once(yard: Yard) -> None:
    web, api = ids = ask(
        yard, ("web", "1.5.0-slow"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True
    )
    yard.until_phase(web, Phase.FOLLOWING)

    for each in ids:
        yard.cancel(each)
    yard.tick()

    assert yard.get(api).outcome is Outcome.CANCELLED
    assert yard.get(web).live, "it goes back first"
    assert outcomes(yard, ids) == [Outcome.CANCELLED, Outcome.CANCELLED]


def test_one_that_waits_for_its_turn_keeps_its_place_in_its_services_line(yard: Yard) -> None:
    web, api = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    later = yard.ask("api", "1.4.1")

    yard.until_over(later)

    assert (yard.get(api).ended_at or 0) <= (yard.get(later).started_at or 0)
    assert yard.images_running("api") == {"1.4.1"}
    assert yard.get(web).outcome is Outcome.SUCCEEDED


def test_two_ordered_batches_the_other_way_round_do_not_lock_each_other(yard: Yard) -> None:
    first = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)
    second = ask(yard, ("api", "1.4.1"), ("web", "1.4.1"), in_order=True)

    assert outcomes(yard, first + second) == [Outcome.SUCCEEDED] * 4
    assert yard.images_running("web") == yard.images_running("api") == {"1.4.1"}


def test_a_lost_ring_is_made_up_for_by_looking(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yard.store, "hurry", lambda deploy_ids: None)
    ids = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), in_order=True)

    assert outcomes(yard, ids) == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]


@pytest.mark.parametrize("lost", [False, True], ids=["rung", "ring lost"])
def test_one_that_waits_behind_another_deploy_leaves_the_line_when_its_group_stops(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    if lost:
        monkeypatch.setattr(yard.store, "hurry", lambda deploy_ids: None)
    active = yard.ask("api", "1.5.0-slow")
    yard.until_phase(active, Phase.FOLLOWING)
    web, api = ask(yard, ("web", "9.9.9"), ("api", "1.4.2"), stop_on_first_failure=True)
    behind = yard.ask("api", "1.4.1")

    yard.until_over(web)
    ended = yard.until_over(api)

    assert ended.outcome is Outcome.REFUSED
    took = (ended.ended_at or 0.0) - (yard.get(web).ended_at or 0.0)
    assert took <= (together.POLL_SECONDS + 1 if lost else 1)
    assert yard.get(active).phase is Phase.FOLLOWING, "it is not disturbed"
    assert yard.store.line("api") == [active, behind]
    assert yard.until_over(active).outcome is Outcome.SUCCEEDED
    assert yard.until_over(behind).outcome is Outcome.SUCCEEDED
    assert yard.leftovers() == []


def test_one_that_waits_behind_another_deploy_stays_while_its_group_goes_well(yard: Yard) -> None:
    active = yard.ask("api", "1.5.0-slow")
    web, api = ask(yard, ("web", "1.4.2"), ("api", "1.4.2"), stop_on_first_failure=True)

    yard.until_over(web)
    assert yard.get(api).phase is Phase.WAITING
    assert yard.store.line("api") == [active, api]

    assert yard.until_over(api).outcome is Outcome.SUCCEEDED


def test_without_its_batch_a_deploy_goes_its_way_alone(yard: Yard) -> None:
    ids = ask(yard, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True)
    yard.redis.delete(*yard.redis.keys("{slipway}:batch:*"))

    assert outcomes(yard, ids) == [Outcome.REFUSED, Outcome.SUCCEEDED]


STATES: list[tuple[Phase, Outcome | None]] = [
    *((Phase.ENDED, outcome) for outcome in Outcome),
    *((Phase.SETTLING, outcome) for outcome in Outcome),
    *((phase, None) for phase in Phase if phase not in (Phase.SETTLING, Phase.ENDED)),
]


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("stops", [False, True])
@pytest.mark.parametrize(("phase", "outcome"), STATES)
def test_what_the_one_before_means(
    phase: Phase, outcome: Outcome | None, *, stops: bool, in_order: bool
) -> None:
    before = a_deploy(phase=phase, outcome=outcome, ended_at=NOW if outcome else None)
    batch, [before, after] = a_batch(
        before, a_deploy(a_service("api")), in_order=in_order, stop_on_first_failure=stops
    )

    found = bidden(batch, [before, after], after)

    if stops and outcome not in (None, Outcome.SUCCEEDED):
        assert found == LeftAlone(before)
    elif in_order and phase is not Phase.ENDED:
        assert found == WaitsFor(before)
    else:
        assert found is None
    assert bidden(batch, [before, after], before) is None, "nobody waits for those behind"


def test_it_waits_for_the_nearest_and_names_the_failure_that_came_first() -> None:
    def ended(outcome: Outcome, at: float) -> Deploy:
        return a_deploy(phase=Phase.ENDED, outcome=outcome, ended_at=NOW + at)

    batch, [first, second, third] = a_batch(a_deploy(), a_deploy(), a_deploy(), in_order=True)
    assert bidden(batch, [first, second, third], third) == WaitsFor(second)

    batch, [later, sooner, third] = a_batch(
        ended(Outcome.REFUSED, 9), ended(Outcome.FAILED, 3), a_deploy(), stop_on_first_failure=True
    )
    assert bidden(batch, [later, sooner, third], third) == LeftAlone(sooner)


def test_the_reason_stands_in_the_record_too(yard: Yard) -> None:
    _, api = ids = ask(yard, ("web", "9.9.9"), ("api", "1.4.2"), in_order=True, stop_on_first_failure=True)

    outcomes(yard, ids)

    assert yard.get(api).reason == (
        "it was not begun, because `web` was refused and the first failure stops the rest."
    )
    assert yard.said(api, MilestoneKind.END)
