"""Whether the workers' role, and each role in services.yml, may do what its services need."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from deploys.catalogue.service import Service
from deploys.errors import AwsDenied, AwsError
from deploys.mrkdwn import plain_text, plural
from slipway.account_survey.surveyed_service import GapKind
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning
from slipway.doctor.permission_reads import denied_reads
from slipway.doctor.permission_simulation import (
    SIMULATE,
    PolicySimulator,
    Refusal,
    lacking_part,
    merge_questions,
    principal_of,
    questions_about,
)
from slipway.doctor.survey import SameCredentials
from slipway.iam.policies import may_assume
from slipway.iam.service_facts import PLACEHOLDER, unknown_facts
from slipway.iam.service_statements import service_statements
from slipway.iam.statement import Statement, merge
from workers.ecs.aws.aws_clients import RegionClients

Needed = Mapping[str, Sequence[Statement]]
"""By the name of a service: what has to be allowed for it."""


def check_permissions(context: DoctorContext) -> Iterator[Finding]:
    """Simulates what each service needs. If that is not allowed, only reads are tried."""
    if not context.services:
        return
    own = context.workers_role or principal_of(context.identity.arn)
    for group in context.survey.groups:
        if group.error is not None:
            continue  # its role could not be assumed, which the check of the services says
        principal, account = own, context.identity.account
        if group.services[0].role:
            identity = context.identity_of(group.region)
            principal, account = principal_of(identity.arn), identity.account
        yield from _check_group(context, group, principal, account)
    if context.workers_role and (roles := sorted({each.role.arn for each in context.services if each.role})):
        yield from _check_assuming(context, roles)


def _check_group(
    context: DoctorContext, group: SameCredentials, principal: str, account: str
) -> Iterator[Finding]:
    services = [each for each in group.services if _may_exist(context, each)]
    if not services:
        return
    names = ", ".join(each.name for each in services)
    if not principal:
        yield warning(
            f"The credentials for {names} are the root user's, who may do everything.",
            "Give the workers a role with the policies that `slipway iam-policy` prints.",
        )
        return
    needed = {each.name: _needed_statements(context, each, account) for each in services}
    region = group.region.name
    simulator = PolicySimulator(group.region, principal)
    try:
        refusals = simulator.ask(
            merge_questions(
                question
                for statements in needed.values()
                for statement in statements
                for question in questions_about(statement, region)
            )
        )
    except AwsError as problem:
        yield _not_simulated(names, principal, problem)
        yield from _try_reads(context, group.region, services, needed)
        return
    lacking = {
        name: [part for each in statements if (part := lacking_part(each, region, refusals))]
        for name, statements in needed.items()
    }
    yield from _say_what_is_lacking(lacking, simulator.principal, refusals)
    if well := [name for name, parts in lacking.items() if not parts]:
        yield ok(f"{simulator.principal} may do all that {_need(well)} (simulated by IAM).")


def _may_exist(context: DoctorContext, service: Service) -> bool:
    """Whether ECS has it, or did not let it be read: nothing is to be allowed for a name that is mistyped."""
    surveyed = context.survey.by_service.get(service.name)
    if surveyed is None or surveyed.state is not None:
        return surveyed is not None
    about = f"{service.cluster}/{service.ecs_service} in {service.region}"
    return any(each.kind is GapKind.DENIED and each.about == about for each in context.survey.gaps)


def _needed_statements(context: DoctorContext, service: Service, account: str) -> list[Statement]:
    """Without those that name something that AWS did not tell."""
    facts = context.survey.facts.get(service.name) or unknown_facts(service)
    if facts == unknown_facts(service):
        facts = replace(unknown_facts(service, account), is_scaled=False)
    return [
        each
        for each in service_statements(service, facts)
        if each.effect == "Allow" and not PLACEHOLDER.search(json.dumps(each.as_json()))
    ]


def _check_assuming(context: DoctorContext, roles: Sequence[str]) -> Iterator[Finding]:
    """Whether the named role of the workers may assume the roles of services. Credentials at hand are simply
    used for that."""
    region, statement = context.aws.region(context.services[0].region), may_assume(roles)
    try:
        refusals = PolicySimulator(region, context.workers_role).ask(
            list(questions_about(statement, region.name))
        )
    except AwsError:
        return  # as for the services, of which that was said
    if missing := lacking_part(statement, region.name, refusals):
        yield _missing("the roles of services", context.workers_role, missing, refusals)


def _say_what_is_lacking(lacking: Needed, principal: str, refusals: Sequence[Refusal]) -> Iterator[Finding]:
    """A line for each statement, for all services that lack it."""
    by_sid: dict[str, dict[str, Statement]] = {}
    for name, parts in lacking.items():
        for part in parts:
            by_sid.setdefault(part.sid, {})[name] = part
    for by_service in by_sid.values():
        [missing] = merge(by_service.values())
        yield _missing(", ".join(by_service), principal, missing, refusals)


def _missing(services: str, principal: str, missing: Statement, refusals: Sequence[Refusal]) -> Finding:
    """The statement to add, or the kind of policy that stands in the way."""
    about = [each for each in refusals if each.action in missing.actions]
    what = f"{services}: {principal} may not do {', '.join(missing.actions)}"
    statement = json.dumps(missing.as_json(), indent=2)
    if any(each.by_organisation for each in about):
        return error(
            f"{what}: a policy of the AWS organisation does not allow it.",
            f"The owner of that policy has to allow this:\n{statement}",
        )
    if about and all(each.is_explicit for each in about):
        return error(f"{what}: a policy denies it.", f"Remove that denial. Needed is:\n{statement}")
    return error(f"{what}.", f"Add this statement to its policy:\n{statement}")


def _not_simulated(names: str, principal: str, problem: AwsError) -> Finding:
    what = f"The permissions for {names} could not be simulated"
    if not isinstance(problem, AwsDenied):
        return warning(
            f"{what}: {plain_text(problem.message)}",
            "If you named a role with --workers-role, check it. What may be changed is not known.",
        )
    statement = Statement("AskAboutItself", (SIMULATE,), (principal,)).as_json()
    return warning(
        f"{what}: these credentials may not ask IAM about {principal}. Only reads are tried; whether "
        "services may be changed is not known.",
        "Run `slipway doctor --workers-role ARN` with credentials that may, or add this statement:\n"
        f"{json.dumps(statement, indent=2)}",
    )


def _try_reads(
    context: DoctorContext, region: RegionClients, services: Sequence[Service], needed: Needed
) -> Iterator[Finding]:
    if context.workers_role and not services[0].role:
        return  # the credentials at hand are not those of the workers
    lacking: dict[str, list[Statement]] = {}
    for service in services:
        facts = context.survey.facts.get(service.name) or unknown_facts(service)
        denied = denied_reads(region, service, facts, context.survey.gaps)
        lacking[service.name] = [
            replace(each, actions=actions)
            for each in needed[service.name]
            if (actions := tuple(action for action in each.actions if action in denied))
        ]
    yield from _say_what_is_lacking(lacking, "the caller", ())
    if well := [name for name, parts in lacking.items() if not parts]:
        yield ok(f"AWS allows the reads that {_need(well)} and that were tried.")


def _need(names: Sequence[str]) -> str:
    return f"{plural(len(names), 'service')} {'needs' if len(names) == 1 else 'need'}"
