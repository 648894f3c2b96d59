"""How two revisions differ: every kind of field once, and never the value of an environment variable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from deploys.records.plan import NewerRevision
from tests.builders import ARN, REGISTRY
from tests.workers.ecs.task_definition_builders import a_revision, container
from tests.workers.flows.plan.config_diff_builders import (
    ENVOY,
    WEB,
    a_web_revision,
    difference_lines,
    environment_list,
)
from tests.workers.flows.plan.test_config_diff_secrets import REVISIONS
from workers.ecs.state import RevisionState
from workers.flows.plan.config_diff import find_config_changes
from workers.messages.base_revision import card_text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # what a deploy sets itself, and what ECS fills in, is no difference
        ({}, {"image": f"{REGISTRY}/web:0.0.1"}, []),
        ({}, {"image": f"{REGISTRY}/web@sha256:{'0' * 64}"}, []),
        ({}, {"mountPoints": [], "systemControls": [], "dockerLabels": {}, "user": ""}, []),
        (
            {"environment": environment_list(A="1", B="2")},
            {"environment": environment_list(B="2", A="1")},
            [],
        ),
        # numbers and switches are shown
        ({"memory": 512}, {"memory": 1024}, ["`web` memory: `512` → `1024`"]),
        ({}, {"memoryReservation": 128}, ["`web` memoryReservation: not set → `128`"]),
        ({"essential": True}, {"essential": False}, ["`web` essential: `true` → `false`"]),
        ({"user": "1000"}, {"user": "0"}, ["`web` user: `1000` → `0`"]),
        ({"stopTimeout": 30}, {}, ["`web` stopTimeout: `30` → not set"]),
        # other texts may hold a secret
        ({"command": ["serve"]}, {"command": ["serve", "--key=s3cret"]}, ["`web` command changed"]),
        ({}, {"entryPoint": []}, ["`web` entryPoint changed"]),
        ({}, {"hostname": "s3cret"}, ["`web` hostname changed"]),
        (
            {"healthCheck": {"command": ["CMD", "a"], "interval": 5}},
            {"healthCheck": {"command": ["CMD", "b"], "interval": 10}},
            ["`web` healthCheck command changed", "`web` healthCheck interval: `5` → `10`"],
        ),
        # names alone
        (
            {"environment": environment_list(A="s3cret-1", B="s3cret-2", C="s3cret-3")},
            {"environment": environment_list(B="s3cret-4", C="s3cret-3", D="s3cret-5")},
            ["`web` environment: `D` added, `A` removed, `B` changed"],
        ),
        (
            {},
            {"environment": environment_list(**{f"V{number}": "s3cret" for number in range(8)})},
            ["`web` environment: `V0`, `V1`, `V2`, `V3`, `V4` and 3 more added"],
        ),
        (
            {"secrets": [{"name": "DB", "valueFrom": "arn:aws:ssm:1"}]},
            {"secrets": [{"name": "DB", "valueFrom": "arn:aws:ssm:2"}]},
            ["`web` secrets: `DB` changed"],
        ),
        (
            {"dockerLabels": {"team": "a", "old": "x"}},
            {"dockerLabels": {"team": "b", "new": "x"}},
            ["`web` dockerLabels: `new` added, `old` removed, `team` changed"],
        ),
        (
            {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "a"}}},
            {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "s3cret"}}},
            [
                "`web` logConfiguration logDriver: `awslogs` → `splunk`",
                "`web` logConfiguration options: `splunk-token` added, `awslogs-group` removed",
            ],
        ),
        # lists by the name of their members
        (
            {"portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]},
            {
                "portMappings": [
                    {"containerPort": 80, "hostPort": 8080, "protocol": "tcp"},
                    {"containerPort": 80, "hostPort": 80, "protocol": "udp"},
                ]
            },
            [
                "`web` portMappings: `80/udp` added",
                "`web` portMappings 80/tcp hostPort: `80` → `8080`",
            ],
        ),
        (
            {"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 4}]},
            {"ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 4}]},
            ["`web` ulimits nofile softLimit: `1` → `2`"],
        ),
        (
            {"dependsOn": [{"containerName": "envoy", "condition": "START"}]},
            {"dependsOn": [{"containerName": "envoy", "condition": "HEALTHY"}]},
            ["`web` dependsOn envoy condition: `START` → `HEALTHY`"],
        ),
        (
            {"mountPoints": [{"sourceVolume": "a", "containerPath": "/a"}]},
            {"mountPoints": [{"sourceVolume": "a", "containerPath": "/b"}]},
            ["`web` mountPoints: `/b` added, `/a` removed"],
        ),
        # a list with a name twice, and one of a kind that is not known yet
        (
            {"ulimits": [{"name": "core", "softLimit": 1}]},
            {"ulimits": [{"name": "core", "softLimit": 1}, {"name": "core", "softLimit": 2}]},
            ["`web` ulimits changed"],
        ),
        ({}, {"aFutureList": [{"key": "s3cret"}]}, ["`web` aFutureList changed"]),
    ],
)
def test_a_container(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert difference_lines(a_web_revision(**old), a_web_revision(**new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"memory": "512"}, {"memory": "1024"}, ["task memory: `512` → `1024`"]),
        ({}, {"revision": 8, "registeredBy": "somebody", "status": "INACTIVE"}, []),
        (
            {},
            {"taskRoleArn": "arn:aws:iam::123456789012:role/other"},
            [
                "task taskRoleArn: `arn:aws:iam::123456789012:role/web-task` → "
                "`arn:aws:iam::123456789012:role/other`"
            ],
        ),
        (
            {},
            {"runtimePlatform": {"cpuArchitecture": "X86_64"}},
            ["task runtimePlatform cpuArchitecture: `ARM64` → `X86_64`"],
        ),
        ({}, {"volumes": [{"name": "data"}]}, ["task volumes: `data` added"]),
        (
            {"requiresCompatibilities": ["FARGATE"]},
            {"requiresCompatibilities": ["EC2", "FARGATE"]},
            ["task requiresCompatibilities: `FARGATE` → `EC2, FARGATE`"],
        ),
        ({}, {"ephemeralStorage": {"sizeInGiB": 40}}, ["task ephemeralStorage sizeInGiB: not set → `40`"]),
    ],
)
def test_the_task(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert difference_lines(a_revision(**old), a_revision(**new)) == expected


def test_containers_that_came_went_and_were_renamed() -> None:
    old = a_revision(container("web", WEB), ENVOY)
    new = a_revision(container("app", f"{REGISTRY}/web:1.3.0"), container("envoy", "envoy:v2"))

    assert difference_lines(old, new) == [
        f"container `web` removed (image `{WEB}`)",
        "`envoy` image: `public.ecr.aws/envoy/envoy:v1.30` → `envoy:v2`",
        f"container `app` added (image `{REGISTRY}/web:1.3.0`)",
    ]


def test_another_repository_of_a_retagged_container_is_told_and_whether_the_deploy_takes_it() -> None:
    new = a_revision(container("web", "nginx:latest"))

    assert difference_lines(a_web_revision(), new) == [f"`web` image repository: `{REGISTRY}/web` → `nginx`"]
    assert difference_lines(a_web_revision(), new, used=True) == [
        f"`web` image repository: `nginx` there, but the deploy keeps `{REGISTRY}/web`"
    ]


def test_tags_by_name_but_not_those_of_slipway_and_aws() -> None:
    old = a_revision(tags=(("team", "shop"), ("slipway:deploy", "w7x8y9zt"), ("aws:cloudformation:x", "1")))
    new = a_revision(tags=(("team", "payments"), ("cost", "17"), ("slipway:replaces", "web:6")))

    assert difference_lines(old, new) == ["task tags: `cost` added, `team` changed"]


def test_a_big_difference_is_cut_and_texts_are_escaped_and_shortened() -> None:
    old = a_revision(container("web", WEB, environment=environment_list(**{"<!here>`\u202e\n": "s3cret"})))
    new = a_revision(container("web", WEB, memory=1, user="u" * 100), memory="9", cpu="9", ipcMode="task")

    assert difference_lines(old, new, limit=4) == [
        "task cpu: `256` → `9`",
        "task ipcMode: not set → `task`",
        "task memory: `512` → `9`",
        "`web` environment: `&lt;!here&gt;’` removed",
        "and 2 more",
    ]
    assert difference_lines(old, new)[-1] == f"`web` user: not set → `{'u' * 59}…`"


def test_the_card_counts_what_is_not_used_and_shows_the_first_changes_of_what_is() -> None:
    newer = NewerRevision(
        revision=f"{ARN}:task-definition/web:8",
        registered_by="ci (terraform)",
        changes=find_config_changes(
            a_web_revision(memory=1), a_web_revision(memory=2, cpu=1, user="0"), ["web"]
        ),
        more_changes=2,
    )

    assert card_text(newer) == "Newer revision `web:8` by `ci (terraform)` is not used: 5 differences"
    assert card_text(newer.evolve(used=True)).splitlines() == [
        "Copies `web:8` by `ci (terraform)`:",
        "◦ `web` cpu: not set → `1`",
        "◦ `web` memory: `1` → `2`",
        "◦ `web` user: not set → `0`",
        "◦ and 2 more",
    ]


@given(REVISIONS)
def test_a_revision_does_not_differ_from_itself(revision: RevisionState) -> None:
    assert find_config_changes(revision, revision, ["web"]) == ()
