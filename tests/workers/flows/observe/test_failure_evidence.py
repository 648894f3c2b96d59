"""How much of the evidence for failed tasks is shown within Slack's limits, and what is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploys.records.rollout import RolloutCounts
from tests.builders import a_deploy
from tests.workers.ecs.reasons.stopped_task_builders import AT, a_stopped_task, an_event, an_exited_container
from tests.workers.flows.ecs_state_builders import (
    FOLLOWED_ROLLOUT,
    a_deployment,
    a_service_deployment,
    service_with,
)
from workers.ecs.reasons.cause_summary import find_causes
from workers.flows.observe.rollout_counts import count_rollout_tasks
from workers.messages.evidence import LOG_CHARACTERS, LOG_LINE_CHARACTERS, Evidence, evidence_lines


def evidence_text(*log: str, causes: int = 1) -> str:
    found = Evidence(tuple(f"1 task: cause {number}." for number in range(causes)), "web", log)
    return "\n".join(evidence_lines(found))


def test_of_a_long_log_the_newest_lines_are_kept() -> None:
    text = evidence_text(*(f"{number:02d} {'&' * 120}" for number in range(10)), "FATAL no more memory")

    assert text.endswith("\nFATAL no more memory```")
    assert "00 " not in text
    assert len(text) < LOG_CHARACTERS + 200


def test_a_long_line_is_cut_visibly_and_no_line_ends_the_block_early() -> None:
    text = evidence_text("x" * 400, "```done` <b>")

    assert f"{'x' * (LOG_LINE_CHARACTERS - 1)}…\n" in text
    assert text.endswith("\u2019\u2019\u2019done\u2019 &lt;b&gt;```")
    assert text.count("```") == 2


def test_a_single_line_that_is_longer_than_all_room_is_shown() -> None:
    assert "&amp;" * 299 in evidence_text("&" * 400)


def test_of_many_causes_the_most_frequent_are_shown_and_the_rest_counted() -> None:
    lines = evidence_text(causes=6).splitlines()

    assert lines[:5] == [
        *(f"• 1 task: cause {number}." for number in range(4)),
        "• and 2 more causes; see the service's events",
    ]


def test_a_cause_in_other_words_of_ecs_is_not_told_again() -> None:
    stopped = a_stopped_task(
        "ServiceSchedulerInitiated",
        "Task failed ELB health checks in (target-group arn:x/web/1)",
        an_exited_container(143),
    )
    event = an_event(
        "(service web) (task 0) is unhealthy in (target-group arn:x/web/1) due to (reason Request timed out)"
    )
    pulls = [
        a_stopped_task("TaskFailedToStart", f"CannotPullContainerError: {said}: not found")
        for said in ("web", "x")
    ]

    assert find_causes([stopped], [], AT)[0].kind == find_causes([stopped, stopped], [event], AT)[0].kind
    assert "Request timed out" in find_causes([stopped], [event], AT)[0].text
    assert find_causes(pulls[:1], [], AT)[0].kind == find_causes(pulls[1:], [], AT)[0].kind


def test_a_reason_that_nobody_knows_is_told_in_each_of_its_words() -> None:
    unheard = [a_stopped_task("TaskFailedToStart", said) for said in ("the tide is out", "the tide is in")]

    assert len({cause.kind for cause in find_causes(unheard, [], AT)}) == 2


@pytest.mark.parametrize(("status", "threshold"), [("MONITORING", 3), ("TRIGGERED", 3), ("DISABLED", 0)])
def test_the_breaker_counts_only_where_it_is_on(status: str, threshold: int) -> None:
    deploy = a_deploy(
        ecs={"deployment_id": FOLLOWED_ROLLOUT.deployment_id},
        rollout={"counts": RolloutCounts(failed_tasks=2)},
    )
    ours = replace(
        a_service_deployment("IN_PROGRESS"), breaker_status=status, breaker_threshold=3, breaker_failures=2
    )

    counts = count_rollout_tasks(deploy, service_with(a_deployment(FOLLOWED_ROLLOUT.deployment_id)), ours)

    assert (counts.breaker_threshold, counts.failed_tasks) == (threshold, 2)
