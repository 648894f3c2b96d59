"""How things of the benchmark are called, in ECS, in Slack and in services.yml. Pure."""

from __future__ import annotations

REGION = "eu-west-1"
ACCOUNT = "123456789012"
CLUSTER = "bench"
REPOSITORY = "bench"
EVENT_QUEUE = "bench-events"
FIRST_TAG, NEXT_TAG = "1.0.0", "2.0.0"
TEAM = "T0BENCH001"
BOT_USER, BOT_ID, APP_ID = "U0BENCHBOT", "B0BENCHBOT", "A0BENCHAPP"
CHANNELS = 10
"""Channels that deploys are asked for in (count): Slack takes a message a second in each."""
PEOPLE = 20


def service(index: int) -> str:
    """Name of a service."""
    return f"bench-{index:06d}"


def index_of(service: str) -> int:
    """The index of a service with this name."""
    return int(service.rpartition("-")[2])


def person(index: int) -> str:
    """Id of a person."""
    return f"U0BENCH{index % PEOPLE:03d}"


def channel(index: int) -> str:
    """Id of a channel."""
    return f"C0BENCH{index % CHANNELS:03d}"


def deployment_number(index: int, nth: int) -> str:
    """The number in the id of a service's nth deployment: it has the service's index in it, so that a record
    of one service can be turned into that of another."""
    return f"7777{index:06d}{nth:09d}"


def service_deployment(name: str, number: str) -> str:
    """ARN of ECS's record of the rollout with this number."""
    return arn("service-deployment", f"{CLUSTER}/{name}/sd{number}")


def arn(kind: str, rest: str) -> str:
    """An ARN of ECS."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{rest}"


def image(tag: str) -> str:
    """An image in ECR."""
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}:{tag}"
