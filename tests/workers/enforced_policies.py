"""Holds Slipway to exactly the IAM policies that `slipway iam-policy` would print, in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.catalogue.service import Service
from sandbox.ecs import EcsSandbox
from sandbox.ecs.account import ACCOUNT, REGION
from sandbox.ecs.seed.seed_task_definitions import task_definition_params
from slipway.iam.facts_from_ecs import facts_from_ecs
from slipway.iam.policies import RolePolicies, policies
from slipway.iam.service_facts import ServiceFacts
from tests.in_process_aws import WORKERS_KEY
from workers.ecs.state import RevisionState, ServiceState


def enforce_policies(ecs: EcsSandbox, services: Sequence[Service]) -> tuple[RolePolicies, ...]:
    """From now on Slipway may do in this sandbox what its policies for these services allow, and no more.

    The services are some that the sandbox has when it starts.
    """
    needed = policies(services, {each.name: _facts(each) for each in services})
    for each in needed:
        ecs.enforce_policies(each.role or WORKERS_KEY, each.documents)
    return needed


def _facts(service: Service) -> ServiceFacts:
    account, family = service.role.account if service.role else ACCOUNT, service.ecs_service
    here = f"arn:aws:ecs:{REGION}:{account}"
    definition = task_definition_params(account, REGION, family)
    revision = RevisionState(f"{here}:task-definition/{family}:1", family, 1, "ACTIVE", definition)
    arn = f"{here}:service/{service.cluster}/{family}"
    state = ServiceState(arn, family, "ACTIVE", revision.arn, desired=1, pending=0, running=1)
    return facts_from_ecs(state, revision, may_be_scaled=True)
