"""A service that was stopped, whose Redis was lost, and that services.yml describes otherwise by now."""

from __future__ import annotations

import pytest

from deploys.catalogue.service import Service, Strategy
from deploys.errors import LeftStopped
from deploys.records.phases import Outcome, Phase
from deploys.records.restore_point import ALL_SUSPENDED
from deploys.stores import redis_keys
from deploys.stores.lost_deploys import LostDeploy, LostDeploys
from tests.builders import NOW, SIGNER, a_deploy, a_native_service, a_service
from tests.workers.engine_harness import ALICE, EngineHarness
from tests.workers.flows.strict_order import assert_strict_order, restore_tags
from tests.workers.lost_deploys import (
    BEFORE,
    SERVICE,
    a_recovery,
    desired_count,
    lose_redis,
    read_suspension,
    scan_twice,
    start_deploy,
)
from workers.flows.stopped_service import restore_tags as restore_tags_stopped_service
from workers.tag_signature import SIGNATURE_TAG


@pytest.mark.parametrize(
    "service",
    [
        a_service(SERVICE),
        a_native_service(SERVICE),
        a_service("invoices", ecs_service=SERVICE),
    ],
    ids=["rolling", "native", "renamed"],
)
def test_it_is_found_by_its_tags_whatever_its_name_and_strategy_are(
    harness: EngineHarness, service: Service
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    scan_twice(harness, a_recovery(harness, service))
    deploy = harness.until_over(lost.id)

    assert (deploy.outcome, deploy.service.strategy) == (Outcome.ROLLED_BACK, Strategy.STOP_START)
    assert (desired_count(harness), harness.running_tags(SERVICE), read_suspension()) == (
        2,
        {"1.4.0"},
        BEFORE,
    )
    assert restore_tags(harness, SERVICE) == []
    assert_strict_order(harness, SERVICE)
    assert harness.leftover_keys() == []


def test_a_deploy_of_it_that_is_asked_for_meanwhile_is_told_what_is_about_to_happen(
    harness: EngineHarness,
) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    rolling = a_deploy(a_service(SERVICE), request={"requester": ALICE, "requested_at": harness.ecs.now()})
    refused = harness.until_over(harness.store.submit(rolling).deploy.id)

    assert refused.outcome is Outcome.REFUSED
    assert refused.outcome_reason == LeftStopped(service=SERVICE, deploy=lost.id, count=2).message


def test_a_service_that_services_yml_does_not_name_may_be_another_slipway_s(harness: EngineHarness) -> None:
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)

    scan_twice(harness, a_recovery(harness, a_service("web")))

    assert harness.store.active() == []
    assert (desired_count(harness), read_suspension()) == (0, ALL_SUSPENDED)
    assert len(restore_tags(harness, SERVICE)) == 1


def test_a_service_that_is_being_deleted_is_left_alone(harness: EngineHarness) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    harness.ecs_client.delete_service(cluster="production", service=SERVICE, force=True)
    recovery = a_recovery(harness, a_service(SERVICE))
    recovery.scan()
    noted = LostDeploy(
        deploy_id=lost.id, service=SERVICE, found_at=NOW, recover_at=NOW, desired_count=0, restore_count=2
    )
    LostDeploys(harness.redis).save(noted)

    recovery.scan()

    assert harness.describe_service(SERVICE)["status"] == "DRAINING"
    assert harness.store.get(lost.id) is None


def test_each_lost_deploy_is_waited_for_separately(harness: EngineHarness) -> None:
    """The tags name another lost deploy than before: a late call of that one may still arrive."""
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    recovery = a_recovery(harness, a_service(SERVICE))
    recovery.scan()
    harness.ecs.advance(300)
    arn = harness.describe_service(SERVICE)["serviceArn"]
    listed = harness.ecs_client.list_tags_for_resource(resourceArn=arn)["tags"]
    tags = {each["key"]: each["value"] for each in listed}
    tags[restore_tags_stopped_service.RESTORE_TAG] = "other234/2"
    signature = SIGNER.sign(arn, restore_tags_stopped_service.signed_contents(tags))
    tags[SIGNATURE_TAG] = signature
    harness.ecs_client.tag_resource(
        resourceArn=arn, tags=[{"key": key, "value": value} for key, value in tags.items()]
    )

    recovery.scan()
    assert harness.store.active() == []
    harness.ecs.advance(300)
    recovery.scan()

    assert [deploy.id for deploy in harness.store.active()] == ["other234"]


def test_a_record_that_another_version_of_slipway_wrote_is_a_record(harness: EngineHarness) -> None:
    deploy = start_deploy(harness, Phase.DRAINING)
    harness.redis.hset(redis_keys.record(deploy.id), "record", '{"of": "a later version"}')
    recovery = a_recovery(harness, a_service(SERVICE))

    recovery.scan()

    assert harness.redis.hget(redis_keys.LOST_DEPLOYS, SERVICE) is None
