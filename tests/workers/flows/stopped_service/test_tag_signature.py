"""Restore tags count only if Slipway signed them, for this service and with this content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from redis import Redis

from deploys.records.phases import Phase
from deploys.stores.lost_deploys import LostDeploys, lost_deploy_text
from tests.builders import SIGNER, a_deploy, a_restore_point, a_stop_start_service
from tests.workers.engine_harness import TIMING, EngineHarness, SilentJobQueue
from tests.workers.lost_deploys import (
    SERVICE,
    a_recovery,
    desired_count,
    lose_redis,
    scan_twice,
    start_deploy,
)
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.state import ServiceState
from workers.flows.stopped_service.restore_tags import (
    MAX_VALUE_LENGTH,
    RESTORE_TAG,
    REVISIONS_TAG,
    STOPPED_TAG,
    SUSPENDED_TAG,
    build_signed_tags,
    read_signed_tags,
)
from workers.orphan_recovery import OrphanRecovery
from workers.tag_signature import SIGNATURE_TAG, TagSigner

OLD_KEY, NEW_KEY = "o" * 32, "n" * 32
ARN = "arn:aws:ecs:eu-west-1:123456789012:service/production/ledger"


def service_with(tags: Mapping[str, str], arn: str = ARN) -> ServiceState:
    return ServiceState(
        arn=arn, name="ledger", status="ACTIVE", revision="", desired=0, pending=0, running=0, tags=dict(tags)
    )


def signed_tags(signer: TagSigner = SIGNER, before: Mapping[str, str] | None = None) -> dict[str, str]:
    deploy = a_deploy(a_stop_start_service(), id="w7x8y9zt").evolve(
        stop={"restore_point": a_restore_point(), "requested_at": 1_790_000_000.0}
    )
    return build_signed_tags(deploy, service_with(before or {}), signer)


def test_what_slipway_signed_is_read_and_fits_into_a_tag() -> None:
    tags = signed_tags()

    read = read_signed_tags(service_with(tags), SIGNER)

    assert read is not None
    assert (read.deploy_id, read.stopped_at) == ("w7x8y9zt", 1_790_000_000.0)
    assert len(tags[SIGNATURE_TAG]) <= MAX_VALUE_LENGTH
    assert tags[SIGNATURE_TAG].replace(" ", "").isalnum()


@pytest.mark.parametrize(
    "change",
    [
        {SIGNATURE_TAG: ""},
        {SIGNATURE_TAG: "v1 " + "0" * 64},
        {SIGNATURE_TAG: "v1 \u00e9"},
        {RESTORE_TAG: "w7x8y9zt/200"},
        {RESTORE_TAG: "other234/2"},
        {REVISIONS_TAG: "evil:1 ledger:42"},
        {STOPPED_TAG: "w7x8y9zt 1790000001"},
        {STOPPED_TAG: ""},
        {SUSPENDED_TAG: "w7x8y9zt in=true out=true scheduled=true"},
    ],
    ids=str,
)
def test_tags_that_were_changed_do_not_count(change: dict[str, str]) -> None:
    assert read_signed_tags(service_with({**signed_tags(), **change}), SIGNER) is None


def test_tags_copied_to_another_service_do_not_count() -> None:
    elsewhere = service_with(signed_tags(), ARN.replace("ledger", "billing"))

    assert read_signed_tags(elsewhere, SIGNER) is None


def test_what_an_earlier_deploy_left_neither_counts_nor_breaks_the_signature() -> None:
    left = {SUSPENDED_TAG: "other234 in=true out=true scheduled=true"}

    read = read_signed_tags(service_with({**left, **signed_tags(before=left)}), SIGNER)

    assert read is not None
    assert read.suspended is None


def test_what_this_deploy_suspended_before_its_service_was_no_longer_scaled_is_taken_back() -> None:
    before = {SUSPENDED_TAG: "w7x8y9zt in=false out=false scheduled=false tried"}

    read = read_signed_tags(service_with({**before, **signed_tags(before=before)}), SIGNER)

    assert read is not None
    assert (read.suspended, read.suspending) == (None, False)


def test_a_key_is_replaced_by_writing_the_new_one_in_front() -> None:
    old, both, new = TagSigner((OLD_KEY,)), TagSigner((NEW_KEY, OLD_KEY)), TagSigner((NEW_KEY,))

    assert read_signed_tags(service_with(signed_tags(old)), both) is not None
    assert read_signed_tags(service_with(signed_tags(both)), new) is not None
    assert read_signed_tags(service_with(signed_tags(old)), new) is None
    assert OLD_KEY not in repr(old)


def set_tags(harness: EngineHarness, tags: Mapping[str, str]) -> None:
    listed: list[Any] = [{"key": key, "value": value} for key, value in tags.items()]
    harness.ecs_client.tag_resource(resourceArn=harness.describe_service(SERVICE)["serviceArn"], tags=listed)


def test_forged_tags_raise_an_alarm_and_change_nothing(harness: EngineHarness) -> None:
    """Somebody who may tag services asks for forty tasks of another revision."""
    set_tags(
        harness,
        {RESTORE_TAG: "forged23/40", REVISIONS_TAG: "evil:1 evil:2", STOPPED_TAG: "forged23 1790000000"},
    )
    told: list[tuple[str, str]] = []
    recovery = OrphanRecovery(
        [a_stop_start_service(SERVICE, channels=("C01DEPLOYS",))],
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        signer=SIGNER,
        settle_seconds=TIMING.settle_seconds,
        announce=lambda channel, text: told.append((channel, text)),
        now=harness.ecs.now,
    )
    before = harness.describe_service(SERVICE)

    scan_twice(harness, recovery)
    scan_twice(harness, recovery)

    assert harness.store.active() == []
    assert harness.describe_service(SERVICE)["taskDefinition"] == before["taskDefinition"]
    assert harness.describe_service(SERVICE)["desiredCount"] == before["desiredCount"]
    assert [channel for channel, _ in told] == ["C01DEPLOYS"], "once"
    [alarm] = LostDeploys(harness.redis).all()
    assert "that I did not sign, so I do nothing about them" in lost_deploy_text(alarm, harness.ecs.now())
    assert LostDeploys(harness.redis).waiting() == [], "nothing is scanned for more often because of it"


def test_a_stopped_service_whose_tags_were_changed_is_not_restored_from_them(harness: EngineHarness) -> None:
    lost = start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    set_tags(harness, {RESTORE_TAG: f"{lost.id}/40"})

    scan_twice(harness, a_recovery(harness, a_stop_start_service(SERVICE)))

    assert harness.store.active() == []
    assert desired_count(harness) == 0


def test_the_alarm_ends_when_the_tags_are_removed(harness: EngineHarness, redis: Redis) -> None:
    set_tags(harness, {RESTORE_TAG: "forged23/40"})
    recovery = a_recovery(harness, a_stop_start_service(SERVICE))
    recovery.scan()
    assert LostDeploys(redis).all()

    harness.ecs_client.untag_resource(
        resourceArn=harness.describe_service(SERVICE)["serviceArn"], tagKeys=[RESTORE_TAG]
    )
    recovery.scan()

    assert LostDeploys(redis).all() == []


def test_forged_tags_do_not_keep_a_service_from_being_deployed(harness: EngineHarness) -> None:
    set_tags(harness, {RESTORE_TAG: "forged23/40", REVISIONS_TAG: "evil:1 evil:2"})
    deploy_id = harness.request_deploy(SERVICE, "1.4.2")
    harness.until_phase(deploy_id, Phase.AWAITING_APPROVAL)
    harness.approve(deploy_id)

    deploy = harness.until_over(deploy_id)

    assert deploy.outcome is not None
    assert deploy.outcome.value == "succeeded"
    assert harness.running_tags(SERVICE) == {"1.4.2"}


def test_tags_of_a_deploy_whose_record_expired_bring_nothing_back(harness: EngineHarness) -> None:
    """They were left a year ago, and the service may be stopped on purpose by now."""
    start_deploy(harness, Phase.DRAINING)
    lose_redis(harness)
    recovery = OrphanRecovery(
        [a_stop_start_service(SERVICE)],
        harness.store,
        harness.redis,
        AwsClients(),
        SilentJobQueue(),
        signer=SIGNER,
        settle_seconds=TIMING.settle_seconds,
        is_expired=lambda at: at <= harness.ecs.now(),
        now=harness.ecs.now,
    )

    scan_twice(harness, recovery)

    assert harness.store.active() == []
    assert LostDeploys(harness.redis).all() == []
