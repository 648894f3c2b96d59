"""Reads in AWS what the policies of the services in services.yml have to name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import groupby

from deploys.catalogue.service import Service
from slipway.account_survey.patient_reader import PatientReader
from slipway.account_survey.survey import read_named_services
from slipway.account_survey.surveyed_service import Gap, SurveyedService
from slipway.iam.facts_from_ecs import facts_from_ecs
from slipway.iam.service_facts import ServiceFacts, unknown_facts
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.principals import SURVEY_SESSION


def read_facts(
    aws: AwsClients, services: Iterable[Service], sleep: Callable[[float], None] = time.sleep
) -> tuple[dict[str, ServiceFacts], list[Gap]]:
    """The facts of each service by its name, with placeholders for what AWS does not tell; and what it does
    not tell. Each is read with its role, if it has one.

    Raises AwsCredentials.
    """
    reader = PatientReader(sleep)
    facts: dict[str, ServiceFacts] = {}
    for _, group in groupby(sorted(services, key=credentials_of), key=credentials_of):
        same = list(group)
        by_cluster: dict[str, list[str]] = {}
        for service in same:
            by_cluster.setdefault(service.cluster, []).append(service.ecs_service)
        region = aws.for_service(same[0], SURVEY_SESSION)
        facts |= match_facts(same, read_named_services(region, by_cluster, reader))
    return facts, reader.gaps


def match_facts(services: Iterable[Service], surveyed: Iterable[SurveyedService]) -> dict[str, ServiceFacts]:
    """The facts of each service by its name, from what was read. Pure."""
    by_place = {(each.region, each.cluster, each.name): each for each in surveyed}
    return {
        service.name: _facts(service, by_place.get((service.region, service.cluster, service.ecs_service)))
        for service in services
    }


def _facts(service: Service, surveyed: SurveyedService | None) -> ServiceFacts:
    if surveyed is None or surveyed.state is None:
        return unknown_facts(service)
    if surveyed.revision is None:
        return unknown_facts(service, account=surveyed.state.arn.split(":")[4])
    may_be_scaled = surveyed.scaling is not None or not surveyed.is_scaling_known
    return facts_from_ecs(surveyed.state, surveyed.revision, may_be_scaled=may_be_scaled)


def credentials_of(service: Service) -> tuple[str, str, str]:
    """What services have in common that are read together."""
    role = service.role
    return (role.arn if role else "", role.external_id if role else "", service.region)
