"""Holds Slipway to exactly the IAM policies that `slipway iam-policy` would print, in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from deploys.catalogue.service import Service
from sandbox.ecs import EcsSandbox
from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.seed.seed_services import CLUSTER, SERVICE_NAMES
from sandbox.ecs.seed.seed_task_definitions import task_definition_params
from slipway.iam.facts_from_ecs import facts_from_ecs
from slipway.iam.policies import RolePolicies, policies
from slipway.iam.service_facts import ServiceFacts
from tests.in_process_aws import WORKERS_KEY
from workers.ecs.state import RevisionState, ServiceState


@cache
def seeded_facts(name: str, account: str = ACCOUNT) -> ServiceFacts:
    """What ECS says of a service that the sandbox has when it starts."""
    family = name if name in SERVICE_NAMES else "web"
    raw = task_definition_params(account, REGION, family)
    arn = f"arn:aws:ecs:{REGION}:{account}"
    revision = RevisionState(f"{arn}:task-definition/{family}:1", family, 1, "ACTIVE", raw)
    state = ServiceState(f"{arn}:service/{CLUSTER}/{name}", name, "ACTIVE", revision.arn, 1, 0, 1)
    return facts_from_ecs(state, revision, may_be_scaled=True)


def enforce_policies(ecs: EcsSandbox, services: Iterable[Service]) -> tuple[RolePolicies, ...]:
    """From now on Slipway may do in this sandbox what its policies for these services allow, and no more."""
    # A service may be there several times, with other keys: each has a name of its own.
    known = [each.model_copy(update={"name": f"{each.name}-{n}"}) for n, each in enumerate(services)]
    facts = {
        each.name: seeded_facts(each.ecs_service, each.role.account if each.role else ACCOUNT)
        for each in known
    }
    needed = policies(known, facts)
    for each in needed:
        ecs.enforce_policies(each.role or WORKERS_KEY, each.documents)
    return needed
