"""A service that was stopped, whose Redis was lost, and that services.yml describes otherwise by now."""

from __future__ import annotations

import pytest

from deploys import keys
from deploys.catalogue.service import Service, Strategy
from deploys.deploy import Outcome, Phase
from deploys.errors import LeftStopped
from deploys.lost import LostDeploy, LostDeploys
from deploys.scaling import EVERYTHING
from tests.builders import NOW, a_deploy, a_native_service, a_service
from tests.workers.flows.test_stop_start import assert_strict_order, restore_tags
from tests.workers.test_janitor import BEFORE, SERVICE, begin, desired, redis_is_lost, suspended, two_looks
from tests.workers.yard import ALICE, PACE, SilentBell, Yard
from workers.ecs.session import Aws
from workers.flows import marks
from workers.janitor import Janitor


def a_janitor(yard: Yard, *known: Service) -> Janitor:
    return Janitor(
        known,
        yard.store,
        yard.redis,
        Aws(),
        SilentBell(),
        settle_seconds=PACE.settle_seconds,
        now=yard.ecs.now,
    )


@pytest.mark.parametrize(
    "service",
    [
        a_service(SERVICE),
        a_native_service(SERVICE),
        a_service("invoices", ecs_service=SERVICE),
    ],
    ids=["rolling", "native", "renamed"],
)
def test_it_is_found_by_its_marks_whatever_it_is_called_and_however_it_is_deployed(
    yard: Yard, service: Service
) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    two_looks(yard, a_janitor(yard, service))
    deploy = yard.until_over(lost.id)

    assert (deploy.outcome, deploy.service.strategy) == (Outcome.ROLLED_BACK, Strategy.STOP_START)
    assert (desired(yard), yard.images_running(SERVICE), suspended()) == (2, {"1.4.0"}, BEFORE)
    assert restore_tags(yard, SERVICE) == []
    assert_strict_order(yard, SERVICE)
    assert yard.leftovers() == []


def test_a_deploy_of_it_that_is_asked_for_meanwhile_is_told_what_is_about_to_happen(yard: Yard) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    rolling = a_deploy(a_service(SERVICE), requester=ALICE, requested_at=yard.ecs.now())
    refused = yard.until_over(yard.store.request(rolling).deploy.id)

    assert refused.outcome is Outcome.REFUSED
    assert refused.reason == LeftStopped(service=SERVICE, deploy=lost.id, count=2).message


def test_a_service_that_services_yml_does_not_name_may_be_another_slipway_s(yard: Yard) -> None:
    begin(yard, Phase.DRAINING)
    redis_is_lost(yard)

    two_looks(yard, a_janitor(yard, a_service("web")))

    assert yard.store.live() == []
    assert (desired(yard), suspended()) == (0, EVERYTHING)
    assert len(restore_tags(yard, SERVICE)) == 1


def test_a_service_that_is_being_deleted_is_left_alone(yard: Yard) -> None:
    lost = begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    yard.console.delete_service(cluster="production", service=SERVICE, force=True)
    janitor = a_janitor(yard, a_service(SERVICE))
    janitor.look()
    noted = LostDeploy(deploy=lost.id, service=SERVICE, since=NOW, acts_at=NOW, desired=0, count=2)
    LostDeploys(yard.redis).note(noted)

    janitor.look()

    assert yard.service(SERVICE)["status"] == "DRAINING"
    assert yard.store.get(lost.id) is None


def test_each_mark_is_waited_for_by_itself(yard: Yard) -> None:
    """Another lost deploy than the one seen first: a call of its own may still arrive."""
    begin(yard, Phase.DRAINING)
    redis_is_lost(yard)
    janitor = a_janitor(yard, a_service(SERVICE))
    janitor.look()
    yard.ecs.advance(300)
    arn = yard.service(SERVICE)["serviceArn"]
    yard.console.tag_resource(resourceArn=arn, tags=[{"key": marks.RESTORE_TAG, "value": "other234/2"}])

    janitor.look()
    assert yard.store.live() == []
    yard.ecs.advance(300)
    janitor.look()

    assert [deploy.id for deploy in yard.store.live()] == ["other234"]


def test_a_record_that_another_version_of_slipway_wrote_is_a_record(yard: Yard) -> None:
    deploy = begin(yard, Phase.DRAINING)
    yard.redis.hset(keys.record(deploy.id), "record", '{"of": "a later version"}')
    janitor = a_janitor(yard, a_service(SERVICE))

    janitor.look()

    assert yard.redis.hget(keys.LOST, SERVICE) is None
