"""The next move of a rolling update, for all counts."""

from __future__ import annotations

from math import ceil, floor

from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.ecs.scheduler.rolling_update import RollingCounts, RollingMove, next_move


@st.composite
def standings(draw: st.DrawFn) -> RollingCounts:
    desired = draw(st.integers(0, 12))
    least, most = draw(st.integers(0, 100)), draw(st.integers(100, 300))
    assume(not least == most == 100)
    new_live, old_live = draw(st.integers(0, 15)), draw(st.integers(0, 15))
    return RollingCounts(
        desired_count=desired,
        min_healthy=ceil(desired * least / 100),
        max_live=floor(desired * most / 100),
        new_live=new_live,
        new_healthy=draw(st.integers(0, new_live)),
        old_live=old_live,
        old_healthy=draw(st.integers(0, old_live)),
    )


@given(standings())
def test_never_more_tasks_than_allowed_and_never_fewer_healthy_ones(standing: RollingCounts) -> None:
    move = next_move(standing)

    if move.start_new:
        assert standing.new_live + standing.old_live + move.start_new <= standing.max_live
    healthy = standing.new_healthy + standing.old_healthy - move.stop_old_healthy
    assert healthy >= standing.min_healthy or move.stop_old_healthy == 0
    assert move.stop_new <= max(0, standing.new_live - standing.desired_count)
    assert min(move.start_new, move.stop_new) == 0


@given(standings())
def test_it_always_gets_there(standing: RollingCounts) -> None:
    """Make moves until there is nothing left to do: started tasks become healthy, stopped ones go."""
    s = standing
    for _ in range(60):
        move = next_move(s)
        if move == RollingMove() and s.new_healthy == s.new_live:
            break
        new_live = s.new_live + move.start_new - move.stop_new
        old_healthy = s.old_healthy - move.stop_old_healthy
        s = RollingCounts(
            desired_count=s.desired_count,
            min_healthy=s.min_healthy,
            max_live=s.max_live,
            new_live=new_live,
            new_healthy=new_live,
            old_live=s.old_live - move.stop_old_unhealthy - move.stop_old_healthy,
            old_healthy=old_healthy,
        )
    if s.max_live == s.desired_count == s.min_healthy > 0:
        return  # no room to start and none to stop: the percentages block the deployment
    assert (s.new_live, s.old_live) == (s.desired_count, 0)


def test_a_halted_deployment_touches_nothing() -> None:
    standing = RollingCounts(
        desired_count=3,
        min_healthy=3,
        max_live=6,
        new_live=1,
        new_healthy=0,
        old_live=3,
        old_healthy=3,
        halted=True,
    )

    assert next_move(standing) == RollingMove()


def test_while_tasks_keep_failing_none_is_started_nor_sacrificed() -> None:
    standing = RollingCounts(
        desired_count=2,
        min_healthy=0,
        max_live=2,
        new_live=0,
        new_healthy=0,
        old_live=2,
        old_healthy=2,
        may_start=False,
    )

    assert next_move(standing) == RollingMove()
