"""Reads that change nothing, for when IAM may not be asked: they show which reads AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deploys.catalogue.service import Service
from deploys.errors import AwsDenied, AwsError
from slipway.account_survey.surveyed_service import Gap, GapKind
from slipway.iam.service_facts import ServiceFacts
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call

Read = Callable[[], object]


def denied_reads(
    region: RegionClients, service: Service, facts: ServiceFacts, gaps: tuple[Gap, ...]
) -> set[str]:
    """The actions that AWS refuses for this service. gaps: of the reads that were made before."""
    about = f"{service.cluster}/{service.ecs_service} in {service.region}"
    denied = {
        each.action
        for each in gaps
        if each.kind is GapKind.DENIED and each.about.endswith((about, f"in {service.region}"))
    }
    for action, read in _reads(region, service, facts):
        try:
            with aws_call(action):
                read()
        except AwsDenied:
            denied.add(action)
        except AwsError:
            continue  # it is missing, or does not answer: no question of permission
    return denied


def _reads(region: RegionClients, service: Service, facts: ServiceFacts) -> Iterator[tuple[str, Read]]:
    cluster, name = service.cluster, service.ecs_service
    yield (
        "ecs:ListServiceDeployments",
        lambda: region.ecs.list_service_deployments(cluster=cluster, service=name, maxResults=1),
    )
    yield "ecs:ListTasks", lambda: region.ecs.list_tasks(cluster=cluster, serviceName=name, maxResults=1)
    for arn in facts.repositories:
        yield from _reads_of_repository(region, arn)


def _reads_of_repository(region: RegionClients, arn: str) -> Iterator[tuple[str, Read]]:
    """arn: of a private ECR repository."""
    _, _, _, where, account, repository = arn.split(":", 5)
    ecr, name = region.in_region(where).ecr, repository.removeprefix("repository/")
    yield (
        "ecr:DescribeImages",
        lambda: ecr.describe_images(registryId=account, repositoryName=name, maxResults=1),
    )
    yield (
        "ecr:DescribePullThroughCacheRules",
        lambda: ecr.describe_pull_through_cache_rules(maxResults=1),
    )
