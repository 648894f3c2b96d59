from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.model import OperationModel

from deploys.errors import AwsResultUnknown, AwsUnavailable
from tests.workers.ecs.fake_aws import FakeAws, RawResponse
from workers.ecs import services, tasks
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.response_check import find_unknown_fields


@pytest.fixture(scope="module")
def operation() -> OperationModel:
    model = botocore.session.Session().get_service_model("ecs")
    return model.operation_model("DescribeTaskDefinition")


WHOLE = json.dumps({"service": {"serviceArn": "arn:1", "serviceName": "web", "status": "ACTIVE"}}).encode()


@pytest.mark.parametrize("sent", [0, 1, len(WHOLE) // 2, len(WHOLE) - 1])
def test_an_answer_that_broke_off_leaves_a_change_uncertain(
    aws: FakeAws, region: RegionClients, sent: int
) -> None:
    aws.respond_raw("UpdateService", RawResponse(WHOLE, bytes_sent=sent))

    with pytest.raises(AwsResultUnknown):
        services.update(region, "production", "web", desired=1)


def test_the_whole_answer_is_read(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_raw("UpdateService", RawResponse(WHOLE))

    assert services.update(region, "production", "web", desired=1).name == "web"


def test_a_page_of_some_proxy_is_not_taken_for_an_empty_answer(aws: FakeAws, region: RegionClients) -> None:
    aws.respond_raw("DescribeTasks", RawResponse(b"<html>Welcome to the hotel</html>"))

    with pytest.raises(AwsUnavailable, match="not JSON"):
        tasks.describe(region, "production", ["arn:1"])


def fields(operation: OperationModel, answer: object) -> list[str]:
    assert operation.output_shape is not None
    return list(find_unknown_fields(answer, operation.output_shape))


def test_what_the_model_knows_is_not_reported(operation: OperationModel) -> None:
    known = {
        "taskDefinition": {
            "family": "web",
            "containerDefinitions": [
                {
                    "name": "web",
                    "environment": [{"name": "A", "value": "1"}],
                    "dockerLabels": {"any": "key", "of": "a map"},
                    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
                }
            ],
        },
        "tags": [{"key": "team", "value": "shop"}],
    }

    assert fields(operation, known) == []


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"novelty": 1}, "novelty"),
        ({"taskDefinition": {"novelty": {"a": 1}}}, "taskDefinition.novelty"),
        ({"taskDefinition": {"novelty": False}}, "taskDefinition.novelty"),
        ({"taskDefinition": {"novelty": 0}}, "taskDefinition.novelty"),
        (
            {"taskDefinition": {"containerDefinitions": [{"name": "a"}, {"novelty": "x"}]}},
            "taskDefinition.containerDefinitions[].novelty",
        ),
        (
            {"taskDefinition": {"volumes": [{"host": {"novelty": "x"}}]}},
            "taskDefinition.volumes[].host.novelty",
        ),
    ],
)
def test_an_unknown_field_is_named_wherever_it_is(
    operation: OperationModel, answer: object, path: str
) -> None:
    assert fields(operation, answer) == [path]


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_an_unknown_field_that_holds_nothing_cannot_be_lost(
    operation: OperationModel, nothing: object
) -> None:
    assert fields(operation, {"taskDefinition": {"novelty": nothing}}) == []
