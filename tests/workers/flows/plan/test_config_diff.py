"""How two revisions differ: every kind of field once, and never the value of an environment variable."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploys.records.plan import NewerRevision
from tests.builders import ARN, REGISTRY
from tests.workers.ecs.task_definition_builders import a_revision, container
from workers.ecs.state import RevisionState
from workers.flows.plan.config_diff import find_config_changes
from workers.messages.base_revision import card_text, change_lines

WEB = f"{REGISTRY}/web:1.4.0"
ENVOY = container("envoy", "public.ecr.aws/envoy/envoy:v1.30")


def difference_lines(
    old: RevisionState, new: RevisionState, *, used: bool = False, limit: int = 100
) -> list[str]:
    """The lines that people read."""
    found = find_config_changes(old, new, ["web"])
    return change_lines(
        NewerRevision(revision=f"{ARN}:task-definition/web:8", changes=found, used=used), limit
    )


def a_web_revision(**more: Any) -> RevisionState:
    return a_revision(container("web", more.pop("image", WEB), **more))


def environment_list(**variables: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in variables.items()]


@pytest.mark.parametrize(
    ("old", "new", "told"),
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
def test_a_container(old: dict[str, Any], new: dict[str, Any], told: list[str]) -> None:
    assert difference_lines(a_web_revision(**old), a_web_revision(**new)) == told


@pytest.mark.parametrize(
    ("old", "new", "told"),
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
def test_the_task(old: dict[str, Any], new: dict[str, Any], told: list[str]) -> None:
    assert difference_lines(a_revision(**old), a_revision(**new)) == told


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


def test_a_shown_text_that_is_also_the_value_of_a_variable_is_hidden_whole_or_in_part() -> None:
    long = "s3cret-" + "x" * 100
    old = a_web_revision(environment=environment_list(WHO="s3cret-user", LONG=long), user="s3cret-user")
    new = a_web_revision(environment=environment_list(WHO="s3cret-user", LONG=long), user=f"0{long}")

    assert difference_lines(old, new) == ["`web` user changed"]


def test_a_name_that_is_also_the_value_of_a_variable_is_hidden() -> None:
    old = a_web_revision(
        environment=environment_list(DATA="/s3cret/path"),
        mountPoints=[{"containerPath": "/s3cret/path", "readOnly": True}],
    )
    moved = a_web_revision(mountPoints=[{"containerPath": "/other", "readOnly": True}])
    opened = a_web_revision(mountPoints=[{"containerPath": "/s3cret/path", "readOnly": False}])

    assert difference_lines(old, moved) == [
        "`web` environment: `DATA` removed",
        "`web` mountPoints: `/other` added, `(not shown)` removed",
    ]
    assert difference_lines(old, opened)[1:] == ["`web` mountPoints: `true` → `false`"]


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


SECRETS = st.integers(0, 30).map(lambda number: f"zq{number:03d}qz-value")
NAMES = st.sampled_from(["A", "LOG_LEVEL", "PORT", "TOKEN"])
ENVIRONMENTS = st.dictionaries(NAMES, SECRETS, max_size=4)
TEXTS = st.one_of(SECRETS, st.sampled_from(["plain", "zq00", ""]))


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """A container with the values of its variables in every other place where somebody could have put
    them."""
    more: dict[str, Any] = {
        "environment": environment_list(**draw(ENVIRONMENTS)),
        "command": draw(st.lists(TEXTS, max_size=2)),
        "user": draw(TEXTS),
        "hostname": draw(TEXTS),
        "dockerLabels": {"label": draw(TEXTS)},
        "logConfiguration": {"logDriver": draw(TEXTS), "options": {"option": draw(TEXTS)}},
        "mountPoints": [{"containerPath": draw(TEXTS), "readOnly": draw(st.booleans())}],
        "secrets": [{"name": "S", "valueFrom": draw(TEXTS)}],
        "healthCheck": {"command": [draw(TEXTS)]},
        "systemControls": [{"namespace": "net", "value": draw(TEXTS)}],
    }
    image = draw(st.sampled_from([WEB, f"nginx:{draw(SECRETS)}", "nginx:1"]))
    return container(draw(st.sampled_from(["web", "side"])), image, **more)


REVISIONS = st.lists(containers(), min_size=1, max_size=2, unique_by=lambda each: each["name"]).map(
    lambda found: a_revision(*found)
)


@given(REVISIONS, REVISIONS, st.booleans())
def test_no_value_of_a_variable_ever_appears(old: RevisionState, new: RevisionState, used: bool) -> None:
    values = {
        variable["value"]
        for revision in (old, new)
        for each in revision.raw["containerDefinitions"]  # type: ignore[attr-defined]
        for variable in each["environment"]
    }

    record = NewerRevision(revision="web:8", changes=find_config_changes(old, new, ["web"])).model_dump_json()
    text = "\n".join(difference_lines(old, new, used=used))

    assert not [value for value in values if value in text or value in record]


@given(REVISIONS)
def test_a_revision_does_not_differ_from_itself(revision: RevisionState) -> None:
    assert find_config_changes(revision, revision, ["web"]) == ()
