"""The workers' IAM policy for the service `web`, as the code makes it, and whether it allows a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deploys.catalogue.nested_keys import PostCheck
from sandbox.ecs.http.policy_evaluation import IamRequest, evaluate
from slipway.iam.policies import policies
from slipway.iam.service_facts import ServiceFacts
from tests.builders import a_native_service, a_stop_start_service

ACCOUNT = "123456789012"
WEB = ServiceFacts(
    account=ACCOUNT,
    families=("web-family",),
    passed_roles=(f"arn:aws:iam::{ACCOUNT}:role/web-task", f"arn:aws:iam::{ACCOUNT}:role/web-execution"),
    repositories=(f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/web",),
    log_streams=(f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/ecs/web:log-stream:web/web/*",),
)


def workers_policy() -> list[dict[str, Any]]:
    """Every statement that there is: for a stop-start service, and for a native one of the same name in ECS
    that has everything a service may have."""
    native = a_native_service(
        "web", may_run=("U01ALICE00",), after=PostCheck(alarms=("web-5xx",)), ecs_service="web"
    )
    [workers] = policies([a_stop_start_service("web"), native], {"web": WEB})
    return [each.as_json() for each in workers.statements]


def is_allowed(statements: Sequence[dict[str, Any]], request: IamRequest) -> bool:
    """Whether some statement allows it and none denies it."""
    return evaluate(statements, request).is_allowed
