"""Records change by copies, and a record of another format is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError
from redis import Redis

from deploys.errors import UnknownSchema
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.record import SCHEMA, StoredRecord
from deploys.records.thread_state import ThreadState
from deploys.stores import redis_keys
from deploys.stores.deploy_store import DeployStore
from deploys.stores.lost_deploys import LostDeploy
from deploys.stores.user_groups import GroupMembers, UserGroups
from tests.builders import NOW, a_batch, a_deploy, a_restore_point

STORED: list[StoredRecord] = [
    a_deploy(stop={"restore_point": a_restore_point()}),
    a_batch(a_deploy())[0],
    ThreadState(channel="C01DEPLOYS", ts="1.1"),
    LostDeploy(
        deploy_id="k3m9p2qr", service="web", found_at=NOW, recover_at=NOW, desired_count=0, restore_count=1
    ),
    GroupMembers(read_at=NOW, members=("U01ALICE00",)),
]
every_record = pytest.mark.parametrize("record", STORED, ids=lambda record: type(record).__name__)


def changed(record: StoredRecord, **fields: Any) -> str:
    """The record as another version of Slipway could have written it."""
    return json.dumps({**json.loads(record.to_json()), **fields})


@every_record
def test_a_record_is_read_back_as_it_was_written(record: StoredRecord) -> None:
    assert type(record).from_json(record.to_json()) == record


@every_record
def test_a_record_of_another_schema_is_refused_in_plain_words(record: StoredRecord) -> None:
    with pytest.raises(UnknownSchema) as refused:
        type(record).from_json(changed(record, schema_number=SCHEMA + 1))

    assert refused.value.message == (
        f"This {type(record).__name__} record has format {SCHEMA + 1}, and this version of Slipway reads "
        f"format {SCHEMA}. Another version wrote it, so this one leaves it alone."
    )


@every_record
def test_a_record_without_a_schema_is_refused(record: StoredRecord) -> None:
    fields = json.loads(record.to_json())
    del fields["schema_number"]

    with pytest.raises(UnknownSchema, match="format unknown"):
        type(record).from_json(json.dumps(fields))


@pytest.mark.parametrize("stored", ["", "{", "[1]", '"text"', "null"])
def test_what_is_no_record_is_refused_in_the_same_way(stored: str) -> None:
    with pytest.raises(UnknownSchema, match="format unknown"):
        Deploy.from_json(stored)


@pytest.mark.parametrize("record", STORED[:2], ids=lambda record: type(record).__name__)
def test_a_field_that_this_version_does_not_know_is_not_dropped_silently(record: StoredRecord) -> None:
    with pytest.raises(UnknownSchema):
        type(record).from_json(changed(record, of_a_newer_version=1))


def test_a_deploy_that_cannot_be_read_is_left_to_the_workers_that_can(redis: Redis) -> None:
    store = DeployStore(redis, now=lambda: NOW, durable_wait_seconds=5.0)
    deploy = store.submit(a_deploy()).deploy
    kept = changed(deploy, schema_number=SCHEMA + 1)
    redis.hset(redis_keys.record(deploy.id), "record", kept)

    with pytest.raises(UnknownSchema):
        store.claim(deploy.id, "worker", 60)

    assert redis.get(redis_keys.lease(deploy.id)) is None, "another worker may claim it at once"
    assert redis.hget(redis_keys.record(deploy.id), "record") == kept.encode()


def test_members_of_another_schema_count_as_unknown(redis: Redis) -> None:
    groups = UserGroups(redis)
    groups.save_members("S01DEPLOYERS", ["U01ALICE00"], NOW)
    [key] = redis.keys("*group*")
    redis.set(key, changed(GroupMembers(read_at=NOW, members=()), schema_number=SCHEMA + 1))

    assert groups.members("S01DEPLOYERS", NOW) is None


def test_a_mapping_changes_fields_of_a_part_and_keeps_the_others() -> None:
    deploy = a_deploy(ecs={"new_revision": "web:2", "update_tried": True})

    evolved = deploy.evolve(ecs={"deployment_id": "ecs-svc/1"}, tag="1.5.0")

    assert evolved.ecs == deploy.ecs.evolve(deployment_id="ecs-svc/1")
    assert (evolved.tag, deploy.tag) == ("1.5.0", "1.4.2")


def test_an_unknown_field_of_a_part_is_refused() -> None:
    with pytest.raises(ValidationError):
        a_deploy().evolve(ecs={"deploymentId": "ecs-svc/1"})


@every_record
def test_a_change_of_a_field_that_is_not_there_is_refused(record: StoredRecord) -> None:
    with pytest.raises(ValidationError):
        record.evolve(no_such_field=1)


def test_a_batch_keeps_who_asked_as_a_deploy_does() -> None:
    batch, [deploy] = a_batch(a_deploy())

    assert Batch.from_json(batch.to_json()).request == deploy.request
