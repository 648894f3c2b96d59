"""Why a one-off task stopped, in sentences that are true of a task that nobody starts again."""

from __future__ import annotations

import pytest

from tests.workers.ecs.stopped import a_task, crashed, exited
from workers.ecs.seen import ContainerSeen, TaskSeen
from workers.ecs.why_one_off import CODES, cause
from workers.ecs.why_tasks import STOP_CODES

IT_RAN = "container `app` exited with code 3. Its last log lines say why."
ENVOY_ENDED = (
    "it was stopped midway, because another essential container exited: `envoy` (code {code}). Make that one "
    "not essential, or keep it running until `app` is done."
)
ONE_OF_THEM = (
    "it did not finish: containers `app` (code {app}) and `envoy` (code {envoy}) ended, and ECS does not say "
    "which of them was first. If it was not `app`, make the other one not essential, or keep it running "
    "until `app` is done."
)


def told(task: TaskSeen, *, by_us: bool = False) -> str:
    found = cause(task, "app", by_us=by_us)
    assert found is not None
    return found.text


@pytest.mark.parametrize(
    ("containers", "sentence"),
    [
        ([exited(3, "app")], IT_RAN),
        ([exited(3, "app"), exited(143, "envoy")], IT_RAN),
        ([exited(3, "app"), exited(0, "envoy")], IT_RAN),
        ([exited(None, "app"), exited(0, "envoy")], ENVOY_ENDED.format(code=0)),
        ([exited(137, "app"), exited(0, "envoy")], ONE_OF_THEM.format(app=137, envoy=0)),
        ([exited(143, "app"), exited(137, "envoy")], ONE_OF_THEM.format(app=143, envoy=137)),
        (
            [exited(143, "app")],
            "container `app` exited with code 143 (it was asked to stop, SIGTERM). Its last log lines say "
            "why.",
        ),
        ([exited(143, "app"), exited(1, "envoy")], ENVOY_ENDED.format(code=1)),
        ([exited(None, "app"), exited(1, "envoy")], ENVOY_ENDED.format(code=1)),
        ([exited(143, "app"), exited(1, "envoy"), exited(143, "logs")], ENVOY_ENDED.format(code=1)),
    ],
)
def test_the_command_s_exit_tells_unless_another_container_ended_the_task(
    containers: list[ContainerSeen], sentence: str
) -> None:
    assert told(crashed(*containers)) == sentence


@pytest.mark.parametrize("code", [3, 137, 143])
def test_a_command_that_had_exited_is_not_blamed_on_who_stopped_the_rest(code: int) -> None:
    task = a_task("UserInitiated", "Slipway deploy k3m9p2qr: done", exited(code, "app"), exited(143, "envoy"))

    assert told(task, by_us=True).startswith(f"container `app` exited with code {code}")
    assert told(task) == (
        "somebody, or some tool, stopped it. CloudTrail knows who called StopTask. ECS says: "
        "`Slipway deploy k3m9p2qr: done`"
    )


@pytest.mark.parametrize("code", STOP_CODES)
def test_no_stop_code_promises_another_task(code: str) -> None:
    assert code in CODES
    assert "starts another" not in told(a_task(code, "why", exited(1, "app")))


def test_spot_is_named() -> None:
    assert told(a_task("SpotInterruption", "Your Spot Task was interrupted.", exited(143, "app"))) == (
        "Spot took its capacity back. Run it on capacity that is not Spot."
    )
