from __future__ import annotations

import time
from typing import Any

import pytest

from deploys.errors import AwsCredentials, AwsDenied, AwsError, AwsRefused, AwsUnavailable
from tests.workers.ecs.fake_aws import Body, FakeAws
from workers.ecs import logs
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.state import ContainerState, RevisionState, TaskState

TASK_ID = "0123456789abcdef0123456789abcdef"
TASK = TaskState(
    arn=f"arn:aws:ecs:eu-west-1:123456789012:task/production/{TASK_ID}",
    last_status="STOPPED",
    desired_status="STOPPED",
    revision="web:7",
    containers=(ContainerState("web", runtime_id="runtime-1"),),
)
OPTIONS = {
    "awslogs-group": "/ecs/web",
    "awslogs-stream-prefix": "ecs",
    "awslogs-region": "eu-west-1",
}
STREAM = f"ecs/web/{TASK_ID}"


def a_revision(
    options: dict[str, str] | None = None,
    driver: str = "awslogs",
    *,
    web_values: dict[str, str] | None = None,
    envoy_values: dict[str, str] | None = None,
) -> RevisionState:
    """With these environment variables of the containers."""
    web: dict[str, Any] = {"name": "web", "image": "web:1", "environment": _pairs(web_values)}
    envoy = {"name": "envoy", "environment": _pairs(envoy_values)}
    if options is not None:
        web["logConfiguration"] = {"logDriver": driver, "options": options}
    return RevisionState("arn", "web", 7, "ACTIVE", raw={"containerDefinitions": [envoy, web]})


def _pairs(values: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in (values or {}).items()]


def write(region: RegionClients, stream: str, *lines: str) -> None:
    region.logs.create_log_group(logGroupName="/ecs/web")
    region.logs.create_log_stream(logGroupName="/ecs/web", logStreamName=stream)
    now = int(time.time() * 1000) - 1000
    events: Any = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
    region.logs.put_log_events(logGroupName="/ecs/web", logStreamName=stream, logEvents=events)


def test_the_newest_lines_come_oldest_first(moto_region: RegionClients) -> None:
    write(moto_region, STREAM, *(f"line {number}" for number in range(20)))

    assert logs.read_last_lines(moto_region, a_revision(OPTIONS), TASK, "web", 3) == (
        "line 17",
        "line 18",
        "line 19",
    )
    assert len(logs.read_last_lines(moto_region, a_revision(OPTIONS), TASK, "web")) == 10


def test_logs_are_read_in_the_region_they_are_written_to(moto_region: RegionClients) -> None:
    write(moto_region.in_region("us-east-1"), STREAM, "far away")

    there = a_revision({**OPTIONS, "awslogs-region": "us-east-1"})

    assert logs.read_last_lines(moto_region, there, TASK, "web") == ("far away",)
    assert logs.read_last_lines(moto_region, a_revision(OPTIONS), TASK, "web") == ()


def test_without_a_prefix_the_stream_has_the_name_of_the_container_in_its_runtime(
    moto_region: RegionClients,
) -> None:
    write(moto_region, "runtime-1", "hello")

    assert logs.read_last_lines(moto_region, a_revision({"awslogs-group": "/ecs/web"}), TASK, "web") == (
        "hello",
    )


@pytest.mark.parametrize(
    ("revision", "container"),
    [
        (a_revision(), "web"),
        (a_revision({}), "web"),
        (a_revision(OPTIONS, driver="awsfirelens"), "web"),
        (a_revision(OPTIONS), "nobody"),
        (a_revision(OPTIONS), "envoy"),
    ],
)
def test_logs_that_are_nowhere_to_be_read_are_not_asked_for(
    aws: FakeAws, region: RegionClients, revision: RevisionState, container: str
) -> None:
    assert logs.read_last_lines(region, revision, TASK, container) == ()
    assert aws.requests == []


def test_a_log_that_is_not_there_has_no_lines(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_error("GetLogEvents", "ResourceNotFoundException", "The specified log stream does not exist.")

    assert logs.read_last_lines(region, a_revision(OPTIONS), TASK, "web") == ()
    assert len(aws.requests) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", AwsUnavailable),
        ("ExpiredTokenException", AwsCredentials),
        ("InvalidParameterException", AwsRefused),
    ],
)
def test_logs_that_cannot_be_read_are_not_taken_for_none(
    aws: FakeAws, region: RegionClients, code: str, error: type[AwsError]
) -> None:
    aws.respond_error("GetLogEvents", code, "no")

    with pytest.raises(error):
        logs.read_last_lines(region, a_revision(OPTIONS), TASK, "web")


LOG = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web:log-stream:"


@pytest.mark.parametrize(
    ("said", "resource"),
    [
        (
            "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: logs:GetLogEvents on "
            f"resource: {LOG} because no identity-based policy allows the logs:GetLogEvents action",
            LOG.rstrip(":"),
        ),
        ("no", None),
    ],
)
def test_a_log_that_may_not_be_read_says_which_permission_is_missing(
    aws: FakeAws, region: RegionClients, said: str, resource: str | None
) -> None:
    aws.respond_error("GetLogEvents", "AccessDeniedException", said)

    with pytest.raises(AwsDenied) as denied:
        logs.read_last_lines(region, a_revision(OPTIONS), TASK, "web")

    assert denied.value.facts["action"] == "logs:GetLogEvents"
    assert denied.value.facts.get("resource") == resource


def test_a_stream_that_was_never_written_has_no_lines(moto_region: RegionClients) -> None:
    assert logs.read_last_lines(moto_region, a_revision(OPTIONS), TASK, "web") == ()


def test_no_line_has_a_value_of_any_container_of_the_task(aws: FakeAws, region: RegionClients) -> None:
    revision = a_revision(
        OPTIONS,
        web_values={"API_KEY": "first half\nsecond half"},
        envoy_values={"DB_PASSWORD": "abc def!x", "UPSTREAM": "db.internal"},
    )
    messages = [
        "DB_PASSWORD=abc def!x",
        "to db.internal with first half",
        "second half",
        "AKIA0123456789ABCDEF",
    ]
    aws.respond_with("GetLogEvents", {"events": [{"message": each, "timestamp": 1} for each in messages]})

    assert logs.read_last_lines(region, revision, TASK, "web") == (
        "DB_PASSWORD=[value of DB_PASSWORD]",
        "to [value of UPSTREAM] with [value of API_KEY]",
        "[redacted]",
    )


def test_lines_are_made_readable(aws: FakeAws, region: RegionClients) -> None:
    messages = ["\x1b[31mred\x1b[0m alert\r\n", "tab\tkept", "x" * 501, "y" * 500, ""]
    body: Body = {"events": [{"message": message, "timestamp": 1} for message in messages]}
    aws.respond_with("GetLogEvents", body)

    lines = logs.read_last_lines(region, a_revision(OPTIONS), TASK, "web")

    assert lines == ("red alert", "tab\tkept", "x" * 499 + "…", "y" * 500, "")
    assert aws.request_bodies("GetLogEvents") == [
        {"logGroupName": "/ecs/web", "logStreamName": STREAM, "limit": 10, "startFromHead": False}
    ]
