"""The keys of a service that contain keys: `before`, `after` and `role`. See `key_declaration.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from deploys.catalogue.key_declaration import Key, KeyRecord, nested_keys
from deploys.catalogue.text_values import ALARM_NAME, COMMAND, EXTERNAL_ID, HTTP_URL, ROLE_ARN, ecs_name
from deploys.catalogue.value_kinds import duration_between, list_kind, refuse


class PreTask(KeyRecord):
    """The one-off task before the rollout."""

    command: Annotated[
        tuple[str, ...],
        Key(
            COMMAND,
            "What the container runs, instead of the command in its image. No shell reads it; for a shell "
            'write `[sh, -c, "..."]`.',
            example=["python", "manage.py", "migrate"],
        ),
    ]
    container: Annotated[
        str,
        Key(
            ecs_name("a container"),
            "The container that runs it. By default the one whose image decides the tag.",
            default_text="see right",
        ),
    ] = ""
    deadline: Annotated[
        int,
        Key(
            duration_between("10s", "12h"),
            "How long it may take. After that it is stopped, which counts as failed.",
        ),
    ] = 600


class PostCheck(KeyRecord):
    """The check after the rollout."""

    http: Annotated[
        str,
        Key(
            HTTP_URL,
            "A URL that has to answer GET with a 2xx status. The worker requests it, so it has to be "
            "reachable from there. It is shown in Slack, so it may not hold a user name or password.",
            default_text="none",
            example="https://shop.example.com/health",
        ),
    ] = ""
    alarms: Annotated[
        tuple[str, ...],
        Key(
            list_kind("list of names", ALARM_NAME, "names of CloudWatch alarms", at_most=100),
            "CloudWatch alarms, at most 100, that have to stay out of `ALARM`.",
            default_text="none",
        ),
    ] = ()
    duration: Annotated[int, Key(duration_between("10s", "12h"), "How long it has to hold.", name="for")] = (
        300
    )


class Role(KeyRecord):
    """The IAM role that the workers assume."""

    arn: Annotated[
        str,
        Key(
            ROLE_ARN,
            "The role. Slipway looks for the cluster in the role's account.",
            example="arn:aws:iam::123456789012:role/slipway",
        ),
    ]
    external_id: Annotated[
        str,
        Key(
            EXTERNAL_ID,
            "What the role's trust policy asks for as `sts:ExternalId`, if it asks for one.",
            default_text="none",
        ),
        Field(exclude=True),  # in no record: the workers take it from services.yml
    ] = ""

    @property
    def account(self) -> str:
        """The AWS account that the role is in, by its twelve digits."""
        return self.arn.split(":")[4]


def _require_a_check(check: PostCheck | None) -> PostCheck | None:
    if check and not check.http and not check.alarms:
        refuse("nothing is checked; write `http`, `alarms` or both.")
    return check


PRE_TASK = nested_keys(PreTask, "`command` and what else it needs")
POST_CHECK = nested_keys(
    PostCheck,
    "`http` or `alarms`",
    check=_require_a_check,
    schema={
        "anyOf": [
            {"required": ["http"]},
            {"required": ["alarms"], "properties": {"alarms": {"minItems": 1}}},
        ]
    },
)
ROLE = nested_keys(
    Role,
    "the role's ARN, or `arn` and `external_id`",
    label="ARN, or keys, below",
    shorthand=("arn", ROLE_ARN.schema),
)
