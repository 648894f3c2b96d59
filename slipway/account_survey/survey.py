"""Finds the services of an account, or reads those that are named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from deploys.errors import AwsRefused
from slipway.account_survey.patient_reader import PatientReader
from slipway.account_survey.surveyed_service import Gap, GapKind, Survey, SurveyedService
from workers.ecs import services as ecs_services
from workers.ecs import task_definitions
from workers.ecs.aws.aws_clients import RegionClients
from workers.ecs.aws.error_translation import aws_call
from workers.ecs.describe_calls import in_batches
from workers.ecs.scalable_targets import read_targets, resource_id
from workers.ecs.state import RevisionState, ServiceState

_SERVICES_PER_CALL = 10
"""DescribeServices takes 10 services a call."""
_SERVICES_PER_PAGE = 100
"""The most that ListServices answers (ECS API reference); by default it is 10."""


def survey_account(
    regions: Iterable[RegionClients],
    clusters: Sequence[str] = (),
    *,
    progress: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Survey:
    """Every service in these regions, or only those in the clusters with these names.

    progress: is told what is read next.

    Raises AwsCredentials. What else AWS does not answer is among the gaps.
    """
    reader = PatientReader(sleep)
    found: list[SurveyedService] = []
    account, looked_into, present, known = "", 0, set[str](), set[str]()
    for region in regions:
        account = account or reader.read("", partial(_account, region)) or ""
        by_cluster: dict[str, list[str]] = {}
        for cluster in clusters or _list_clusters(reader, region):
            progress(f"Reading cluster {cluster} in {region.name}")
            try:
                by_cluster[cluster] = _list_services(reader, region, cluster)
            except _NoSuchCluster:
                known.update(_list_clusters(PatientReader(sleep), region))
        looked_into += len(by_cluster)
        present.update(by_cluster)
        found += _describe(reader, region, by_cluster)
    missing = tuple(each for each in dict.fromkeys(clusters) if each not in present)
    return Survey(account, tuple(found), tuple(reader.gaps), looked_into, missing, tuple(sorted(known)))


def read_named_services(
    region: RegionClients, by_cluster: Mapping[str, Sequence[str]], reader: PatientReader
) -> list[SurveyedService]:
    """These services, by their names in ECS. One that ECS does not have is a gap."""
    described = _describe(reader, region, by_cluster)
    for each in described:
        if each.is_missing:
            about = f"{each.cluster}/{each.name} in {each.region}"
            why = "ECS has no service of this name there."
            reader.gaps.append(Gap("ecs:DescribeServices", about, why, GapKind.REFUSED))
    return described


def _account(region: RegionClients) -> str:
    with aws_call("sts:GetCallerIdentity"):
        return str(region.client("sts").get_caller_identity()["Account"])


def _list_clusters(reader: PatientReader, region: RegionClients) -> list[str]:
    def names() -> list[str]:
        with aws_call("ecs:ListClusters"):
            pages = region.ecs.get_paginator("list_clusters").paginate()
            return sorted(arn.rsplit("/", 1)[-1] for page in pages for arn in page["clusterArns"])

    return reader.read(f"the clusters in {region.name}", names) or []


class _NoSuchCluster(Exception):
    """The region has no cluster of this name."""


def _list_services(reader: PatientReader, region: RegionClients, cluster: str) -> list[str]:
    """Empty also if AWS does not list them. Raises _NoSuchCluster."""

    def names() -> list[str]:
        try:
            with aws_call("ecs:ListServices"):
                pages = region.ecs.get_paginator("list_services").paginate(
                    cluster=cluster, PaginationConfig={"PageSize": _SERVICES_PER_PAGE}
                )
                return sorted(arn.rsplit("/", 1)[-1] for page in pages for arn in page["serviceArns"])
        except AwsRefused as refusal:
            if refusal.facts.get("code") == "ClusterNotFoundException":
                raise _NoSuchCluster from refusal
            raise

    return reader.read(f"the services of cluster {cluster} in {region.name}", names) or []


def _describe(
    reader: PatientReader, region: RegionClients, by_cluster: Mapping[str, Sequence[str]]
) -> list[SurveyedService]:
    targets = None
    if any(by_cluster.values()):
        targets = reader.read(f"what is scaled in {region.name}", lambda: read_targets(region))
    revisions: dict[str, RevisionState | None] = {}
    described: list[SurveyedService] = []
    for cluster, names in by_cluster.items():
        states = _describe_services(reader, region, cluster, names)
        for name in names:
            state = states.get(name)
            arn = state.revision if state else ""
            if arn and arn not in revisions:
                revisions[arn] = reader.read(
                    f"the task definition of {cluster}/{name} in {region.name}",
                    partial(task_definitions.describe, region, arn),
                )
            described.append(
                SurveyedService(
                    region=region.name,
                    cluster=cluster,
                    name=name,
                    state=state,
                    is_missing=name in states and state is None,
                    revision=revisions.get(arn),
                    scaling=(targets or {}).get(resource_id(cluster, name)),
                    is_scaling_known=targets is not None,
                )
            )
    return described


def _describe_services(
    reader: PatientReader, region: RegionClients, cluster: str, names: Sequence[str]
) -> dict[str, ServiceState | None]:
    """Those that ECS has and, as None, those that it has not; what AWS does not answer is not there.

    Ten a call. If AWS refuses ten, each is asked for alone: one that may not be read hides no other."""
    states: dict[str, ServiceState | None] = {}
    for batch in in_batches(names, _SERVICES_PER_CALL):
        for part in _parts_that_can_be_read(reader, region, cluster, batch):
            states |= part
    return states


def _parts_that_can_be_read(
    reader: PatientReader, region: RegionClients, cluster: str, batch: Sequence[str]
) -> Iterator[dict[str, ServiceState | None]]:
    def read(names: Sequence[str]) -> dict[str, ServiceState | None]:
        found = ecs_services.describe(region, cluster, names)
        return {name: found.get(name) for name in names}

    together = PatientReader(reader.sleep)
    if (all_of_them := together.read("", partial(read, batch))) is not None:
        yield all_of_them
        return
    if together.gaps[0].kind is GapKind.UNANSWERED:
        reader.gaps.append(
            replace(together.gaps[0], about=f"{', '.join(batch)} of {cluster} in {region.name}")
        )
        return
    for name in batch:
        yield reader.read(f"{cluster}/{name} in {region.name}", partial(read, [name])) or {}
