"""Reads the services of services.yml in ECS, each with its role if it has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from deploys.catalogue.service import Service
from deploys.errors import AwsError
from slipway.account_survey.patient_reader import PatientReader
from slipway.account_survey.survey import read_named_services
from slipway.account_survey.surveyed_service import Gap, SurveyedService
from slipway.iam.read_facts import credentials_of, match_facts
from slipway.iam.service_facts import ServiceFacts
from workers.ecs.aws.aws_clients import AwsClients, RegionClients
from workers.ecs.aws.principals import SURVEY_SESSION


@dataclass(frozen=True)
class SameCredentials:
    """Services in one region that are read with the same role, or all without one."""

    services: tuple[Service, ...]
    region: RegionClients
    error: AwsError | None = None
    """Why their role could not be assumed."""


@dataclass(frozen=True)
class ServicesSurvey:
    """What was read, and what could not be."""

    groups: tuple[SameCredentials, ...]
    by_service: Mapping[str, SurveyedService]
    facts: Mapping[str, ServiceFacts]
    gaps: tuple[Gap, ...]
    """What AWS did not answer. A service that ECS does not have is no gap here."""


def group_by_credentials(aws: AwsClients, services: Iterable[Service]) -> list[SameCredentials]:
    """The services in groups that share a region and a role."""
    ordered = sorted(services, key=credentials_of)
    groups = [tuple(same) for _, same in groupby(ordered, key=credentials_of)]
    return [SameCredentials(same, aws.for_service(same[0], SURVEY_SESSION)) for same in groups]


def survey_services(aws: AwsClients, services: Iterable[Service]) -> ServicesSurvey:
    """Reads all of them. Raises AwsCredentials; what else AWS does not answer is among the gaps."""
    reader = PatientReader()
    groups: list[SameCredentials] = []
    by_service: dict[str, SurveyedService] = {}
    facts: dict[str, ServiceFacts] = {}
    for group in group_by_credentials(aws, services):
        try:
            group.region.ensure_credentials()
        except AwsError as error:
            groups.append(replace(group, error=error))
            continue
        groups.append(group)
        by_cluster: dict[str, list[str]] = {}
        for service in group.services:
            by_cluster.setdefault(service.cluster, []).append(service.ecs_service)
        surveyed = read_named_services(group.region, by_cluster, reader)
        facts |= match_facts(group.services, surveyed)
        by_place = {(each.cluster, each.name): each for each in surveyed}
        by_service |= {
            service.name: by_place[service.cluster, service.ecs_service] for service in group.services
        }
    missing = {_about(each) for each in by_service.values() if each.is_missing}
    gaps = tuple(each for each in reader.gaps if each.about not in missing)
    return ServicesSurvey(tuple(groups), by_service, facts, gaps)


def _about(surveyed: SurveyedService) -> str:
    return f"{surveyed.cluster}/{surveyed.name} in {surveyed.region}"
