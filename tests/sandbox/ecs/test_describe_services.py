"""DescribeServices, ListServices and DescribeClusters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ecs.ecs_actions import CLUSTER, deploy_tag, describe_service


def test_missing_services_are_failures_beside_the_found_ones(client: Any) -> None:
    answer = client.describe_services(cluster=CLUSTER, services=["web", "nothing"])

    assert [s["serviceName"] for s in answer["services"]] == ["web"]
    arn = "arn:aws:ecs:eu-west-1:123456789012:service/production/nothing"
    assert answer["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_ten_services_a_call_and_no_more(client: Any) -> None:
    assert len(client.describe_services(cluster=CLUSTER, services=["web"] * 10)["services"]) == 10
    with pytest.raises(client.exceptions.InvalidParameterException, match="more than 10"):
        client.describe_services(cluster=CLUSTER, services=["web"] * 11)


def test_an_unknown_cluster(client: Any) -> None:
    with pytest.raises(client.exceptions.ClusterNotFoundException):
        client.describe_services(services=["web"])


def test_tags_come_only_when_asked_for(client: Any) -> None:
    plain = client.describe_services(cluster=CLUSTER, services=["web"])["services"][0]

    assert "tags" not in plain
    assert {"key": "service", "value": "web"} in describe_service(client, "web")["tags"]


def test_services_are_listed_in_pages(client: Any) -> None:
    pages = client.get_paginator("list_services").paginate(
        cluster=CLUSTER, launchType="FARGATE", PaginationConfig={"PageSize": 4}
    )
    sizes = [len(page["serviceArns"]) for page in pages]

    assert sizes == [4, 2]


def test_a_cluster_counts_what_runs_in_it(client: Any) -> None:
    deploy_tag(client, "web", "1.4.2")

    (cluster,) = client.describe_clusters(clusters=[CLUSTER])["clusters"]

    assert cluster["runningTasksCount"] == 13
    assert cluster["activeServicesCount"] == 6
    assert client.describe_clusters(clusters=["nothing"])["failures"][0]["reason"] == "MISSING"


def test_a_new_cluster_is_empty_and_takes_services(client: Any) -> None:
    client.create_cluster(clusterName="staging")
    client.create_service(
        cluster="staging",
        serviceName="web",
        taskDefinition="ledger",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=describe_service(client, "web")["networkConfiguration"],
    )

    assert client.describe_services(cluster="staging", services=["web"])["services"][0]["desiredCount"] == 0
    assert describe_service(client, "web")["desiredCount"] == 3
    assert len(client.list_clusters()["clusterArns"]) == 2
