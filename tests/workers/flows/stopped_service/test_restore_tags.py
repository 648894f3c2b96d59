"""The tags with which a stopped service can be brought back without a record."""

from __future__ import annotations

import pytest

from deploys.records.request import Verb
from deploys.records.restore_point import SuspendedState
from tests.builders import a_deploy, a_restore_point, a_stop_start_service
from workers.flows.stopped_service import restore_tags

TAGS = {
    "slipway:restore": "w7x8y9zt/2",
    "slipway:revisions": "ledger:41 ledger:42",
    "slipway:asked": "rollback 1.4.2 U01ALICE00 C01DEPLOYS T01SLIPWAY",
    "slipway:suspended": "w7x8y9zt in=false out=true scheduled=false",
}


def test_tags_are_read_as_they_were_written() -> None:
    tags = restore_tags.read_restore_tags(TAGS)

    assert tags == restore_tags.RestoreTags(
        deploy_id="w7x8y9zt",
        desired_count=2,
        old_revision="ledger:41",
        new_revision="ledger:42",
        verb=Verb.ROLLBACK,
        tag="1.4.2",
        requester="U01ALICE00",
        channel="C01DEPLOYS",
        team="T01SLIPWAY",
        suspended=SuspendedState(scale_out=True),
    )


@pytest.mark.parametrize("value", ["", "w7x8y9zt", "w7x8y9zt/", "/2", "w7x8y9zt/two", "W7/2", "a/2/3"])
def test_tags_that_cannot_be_read_are_none(value: str) -> None:
    assert restore_tags.read_restore_tags({**TAGS, "slipway:restore": value}) is None


def test_what_an_earlier_deploy_left_suspended_is_not_taken_for_this_ones() -> None:
    tags = restore_tags.read_restore_tags(
        {**TAGS, "slipway:suspended": "other234 in=false out=true scheduled=false"}
    )

    assert tags is not None
    assert tags.suspended is None


def test_a_tag_too_long_for_ecs_is_left_out() -> None:
    family = "f" * 250
    deploy = a_deploy(
        a_stop_start_service(), ecs={"new_revision": f"arn:aws:ecs:x:1:task-definition/{family}:2"}
    )

    written = restore_tags.build_restore_tags(deploy, a_restore_point(), None)

    assert set(written) == {
        restore_tags.RESTORE_TAG,
        restore_tags.REQUEST_TAG,
    }
