"""Why a one-off task stopped, in sentences that are true of a task that nobody starts again."""

from __future__ import annotations

import pytest

from tests.workers.ecs.reasons.stopped_task_builders import (
    a_crashed_task,
    a_stopped_task,
    an_exited_container,
)
from workers.ecs.reasons.stopped_one_off_task import ONE_OFF_CAUSES_BY_STOP_CODE, explain_one_off_stop
from workers.ecs.reasons.stopped_task import CAUSES_BY_STOP_CODE
from workers.ecs.state import ContainerState, TaskState

IT_RAN = "container `app` exited with code 3. Its last log lines say why."
ENVOY_ENDED = (
    "it was stopped before it finished, because another essential container exited: `envoy` (code {code}). "
    "Make that one not essential, or keep it running until `app` is done."
)
ONE_OF_THEM = (
    "it did not finish: containers `app` (code {app}) and `envoy` (code {envoy}) ended, and ECS does not say "
    "which of them was first. If it was not `app`, make the other one not essential, or keep it running "
    "until `app` is done."
)


def explain(task: TaskState, *, by_us: bool = False) -> str:
    found = explain_one_off_stop(task, "app", by_us=by_us)
    assert found is not None
    return found.text


@pytest.mark.parametrize(
    ("containers", "sentence"),
    [
        ([an_exited_container(3, "app")], IT_RAN),
        ([an_exited_container(3, "app"), an_exited_container(143, "envoy")], IT_RAN),
        ([an_exited_container(3, "app"), an_exited_container(0, "envoy")], IT_RAN),
        ([an_exited_container(None, "app"), an_exited_container(0, "envoy")], ENVOY_ENDED.format(code=0)),
        (
            [an_exited_container(137, "app"), an_exited_container(0, "envoy")],
            ONE_OF_THEM.format(app=137, envoy=0),
        ),
        (
            [an_exited_container(143, "app"), an_exited_container(137, "envoy")],
            ONE_OF_THEM.format(app=143, envoy=137),
        ),
        (
            [an_exited_container(143, "app")],
            "container `app` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say "
            "why.",
        ),
        ([an_exited_container(143, "app"), an_exited_container(1, "envoy")], ENVOY_ENDED.format(code=1)),
        ([an_exited_container(None, "app"), an_exited_container(1, "envoy")], ENVOY_ENDED.format(code=1)),
        (
            [
                an_exited_container(143, "app"),
                an_exited_container(1, "envoy"),
                an_exited_container(143, "logs"),
            ],
            ENVOY_ENDED.format(code=1),
        ),
    ],
)
def test_the_command_s_exit_tells_unless_another_container_ended_the_task(
    containers: list[ContainerState], sentence: str
) -> None:
    assert explain(a_crashed_task(*containers)) == sentence


@pytest.mark.parametrize("code", [3, 137, 143])
def test_a_command_that_had_exited_is_not_blamed_on_who_stopped_the_rest(code: int) -> None:
    task = a_stopped_task(
        "UserInitiated",
        "Slipway deploy k3m9p2qr: done",
        an_exited_container(code, "app"),
        an_exited_container(143, "envoy"),
    )

    assert explain(task, by_us=True).startswith(f"container `app` exited with code {code}")
    assert explain(task) == (
        "somebody, or a tool, stopped it. CloudTrail shows who called StopTask. ECS says: "
        "`Slipway deploy k3m9p2qr: done`"
    )


@pytest.mark.parametrize("code", CAUSES_BY_STOP_CODE)
def test_no_stop_code_promises_another_task(code: str) -> None:
    assert code in ONE_OFF_CAUSES_BY_STOP_CODE
    assert "starts another" not in explain(a_stopped_task(code, "why", an_exited_container(1, "app")))


def test_spot_is_named() -> None:
    assert explain(
        a_stopped_task("SpotInterruption", "Your Spot Task was interrupted.", an_exited_container(143, "app"))
    ) == ("Spot took its capacity back. Run it on capacity that is not Spot.")
