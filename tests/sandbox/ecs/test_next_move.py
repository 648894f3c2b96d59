"""The decision of a rolling update, over every standing it can find."""

from __future__ import annotations

from math import ceil, floor

from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.ecs.scheduler.rolling import Move, Standing, next_move


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    desired = draw(st.integers(0, 12))
    least, most = draw(st.integers(0, 100)), draw(st.integers(100, 300))
    assume(not least == most == 100)
    new_live, old_live = draw(st.integers(0, 15)), draw(st.integers(0, 15))
    return Standing(
        desired=desired,
        fewest=ceil(desired * least / 100),
        most=floor(desired * most / 100),
        new_live=new_live,
        new_healthy=draw(st.integers(0, new_live)),
        old_live=old_live,
        old_healthy=draw(st.integers(0, old_live)),
    )


@given(standings())
def test_never_more_tasks_than_allowed_and_never_fewer_healthy_ones(standing: Standing) -> None:
    move = next_move(standing)

    if move.start:
        assert standing.new_live + standing.old_live + move.start <= standing.most
    healthy = standing.new_healthy + standing.old_healthy - move.stop_old_healthy
    assert healthy >= standing.fewest or move.stop_old_healthy == 0
    assert move.stop_new <= max(0, standing.new_live - standing.desired)
    assert min(move.start, move.stop_new) == 0


@given(standings())
def test_it_always_gets_there(standing: Standing) -> None:
    """Started tasks get healthy, stopped ones leave; it moves until there is nothing left to do."""
    s = standing
    for _ in range(60):
        move = next_move(s)
        if move == Move() and s.new_healthy == s.new_live:
            break
        new_live = s.new_live + move.start - move.stop_new
        old_healthy = s.old_healthy - move.stop_old_healthy
        s = Standing(
            desired=s.desired,
            fewest=s.fewest,
            most=s.most,
            new_live=new_live,
            new_healthy=new_live,
            old_live=s.old_live - move.stop_old_unhealthy - move.stop_old_healthy,
            old_healthy=old_healthy,
        )
    if s.most == s.desired == s.fewest > 0:
        return  # no room to start and none to stop: the percentages block the deployment
    assert (s.new_live, s.old_live) == (s.desired, 0)


def test_a_halted_deployment_touches_nothing() -> None:
    standing = Standing(
        desired=3, fewest=3, most=6, new_live=1, new_healthy=0, old_live=3, old_healthy=3, halted=True
    )

    assert next_move(standing) == Move()


def test_while_tasks_keep_failing_none_is_started_nor_sacrificed() -> None:
    standing = Standing(
        desired=2, fewest=0, most=2, new_live=0, new_healthy=0, old_live=2, old_healthy=2, may_start=False
    )

    assert next_move(standing) == Move()
