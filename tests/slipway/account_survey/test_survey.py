"""Reading the services of an account: all that may be seen, and what may not."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import EcsSandbox
from slipway.account_survey.survey import survey_account
from slipway.account_survey.surveyed_service import GapKind, Survey
from tests.in_process_aws import WORKERS_KEY
from workers.ecs.aws.aws_clients import AwsClients

READS = ["ecs:List*", "ecs:Describe*", "application-autoscaling:Describe*", "sts:*"]
HERE = "arn:aws:ecs:eu-west-1:123456789012"


def survey(*clusters: str, waits: list[float] | None = None) -> Survey:
    region = AwsClients().region("eu-west-1")
    return survey_account([region], clusters, sleep=(waits if waits is not None else []).append)


def names(found: Survey) -> set[str]:
    return {f"{each.cluster}/{each.name}" for each in found.services}


def allow_all_but(aws: EcsSandbox, **denied: Any) -> None:
    """Slipway may read everything, except for what this statement denies."""
    statements = [
        {"Effect": "Allow", "Action": READS, "Resource": "*"},
        {"Effect": "Deny", "Resource": "*", **denied},
    ]
    aws.enforce_policies(WORKERS_KEY, [{"Statement": statements}])


def gaps(found: Survey) -> list[tuple[str, str, GapKind]]:
    return [(each.action, each.about, each.kind) for each in found.gaps]


def test_every_service_of_every_cluster_is_read(large_account: EcsSandbox) -> None:
    found = survey()

    assert (found.account, found.clusters, found.gaps) == ("123456789012", 5, ())
    assert len(found.services) == 33
    assert all(each.state for each in found.services)
    assert {each.name for each in found.services if each.revision is None} == {"portal-next"}
    assert {each.name for each in found.services if each.scaling} == {"checkout", "search"}


def test_only_the_clusters_that_are_named(large_account: EcsSandbox) -> None:
    assert {each.cluster for each in survey("staging", "data").services} == {"staging", "data"}
    assert large_account.calls("ListClusters") == []


def test_more_services_than_one_page_has(aws_account: EcsSandbox) -> None:
    ecs = aws_account.client("ecs")
    ecs.create_cluster(clusterName="many")
    for number in range(101):
        ecs.create_service(
            cluster="many",
            serviceName=f"service-{number:03}",
            taskDefinition="web",
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-0a1f3c5e7b9d24680"]}},
        )

    assert len(survey("many").services) == 101
    assert len(aws_account.calls("DescribeTaskDefinition")) == 1, "all of them run one revision"


def test_a_cluster_that_may_not_be_listed_hides_no_other(large_account: EcsSandbox) -> None:
    cluster = {"ArnEquals": {"ecs:cluster": f"{HERE}:cluster/staging"}}
    allow_all_but(large_account, Action="ecs:ListServices", Condition=cluster)

    found = survey()

    assert {each.cluster for each in found.services} == {"data", "legacy", "production"}
    assert gaps(found) == [
        ("ecs:ListServices", "the services of cluster staging in eu-west-1", GapKind.DENIED)
    ]


def test_one_service_that_may_not_be_described_hides_no_other(large_account: EcsSandbox) -> None:
    allow_all_but(large_account, Action="ecs:DescribeServices", Resource=f"{HERE}:service/production/ledger")

    found = survey("production")

    assert len(found.services) == 7
    assert [each.name for each in found.services if each.state is None] == ["ledger"]
    assert gaps(found) == [("ecs:DescribeServices", "production/ledger in eu-west-1", GapKind.DENIED)]


def test_what_else_may_not_be_read_is_named_and_the_services_are_there(large_account: EcsSandbox) -> None:
    denied = ["ecs:DescribeTaskDefinition", "application-autoscaling:DescribeScalableTargets"]
    allow_all_but(large_account, Action=denied)

    found = survey("production")

    assert len(found.services) == 7
    assert {(each.revision, each.is_scaling_known) for each in found.services} == {(None, False)}
    assert [each.action for each in found.gaps] == [denied[1], *[denied[0]] * 7]
    assert found.gaps[0].why.startswith("`arn:aws:iam::123456789012:user/slipway-workers` needs it")


def test_without_the_permission_to_list_clusters_nothing_is_found(large_account: EcsSandbox) -> None:
    allow_all_but(large_account, Action="ecs:ListClusters")

    found = survey()

    assert (names(found), gaps(found)) == (
        set(),
        [("ecs:ListClusters", "the clusters in eu-west-1", GapKind.DENIED)],
    )


def test_a_throttled_call_is_made_again_until_it_is_answered(large_account: EcsSandbox) -> None:
    large_account.faults.add(kind="throttle", operation="ListServices", times=3)
    large_account.faults.add(kind="throttle", operation="DescribeTaskDefinition", times=2)
    waits: list[float] = []

    found = survey(waits=waits)

    assert (len(found.services), found.gaps) == (33, ())
    assert len(waits) == 5
    assert all(first <= wait <= 1.5 * first for first, wait in zip([0.5, 1, 2, 0.5, 1], waits, strict=True))


def test_a_call_that_is_throttled_each_time_is_a_gap(large_account: EcsSandbox) -> None:
    large_account.faults.add(kind="throttle", operation="DescribeServices", times=None)
    waits: list[float] = []

    found = survey("production", waits=waits)

    assert [each.state for each in found.services] == [None] * 7
    names_of_the_call = "api, billing, landing, ledger, shop, site, web"
    assert gaps(found) == [
        ("ecs:DescribeServices", f"{names_of_the_call} of production in eu-west-1", GapKind.UNANSWERED)
    ]
    assert len(waits) == 5, "none of the seven is asked for alone"


def test_a_cluster_that_is_not_there(aws_account: EcsSandbox) -> None:
    found = survey("prodution")

    assert (found.services, found.clusters, found.gaps) == ((), 0, ())
    assert (found.missing_clusters, found.known_clusters) == (("prodution",), ("production",))


def test_a_cluster_that_may_not_be_read_is_not_missing(aws_account: EcsSandbox) -> None:
    allow_all_but(aws_account, Action="ecs:ListServices")

    found = survey("production")

    assert (found.missing_clusters, len(found.gaps)) == ((), 1)


def test_a_region_without_clusters_is_looked_into_too(aws_account: EcsSandbox) -> None:
    aws = AwsClients()

    found = survey_account([aws.region(name) for name in ("us-east-1", "eu-west-1")])

    assert {each.region for each in found.services} == {"eu-west-1"}
    assert (found.clusters, found.gaps) == (1, ())
    assert len(aws_account.calls("ListClusters")) == 2
