"""The button *Roll back to 1.4.0* on the card of a success: it is there as long as that version runs."""

from __future__ import annotations

from deploys.buttons import ROLL_BACK_TO
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from tests.builders import a_plan
from tests.workers.thread.publisher_harness import PublisherHarness


def deployed(harness: PublisherHarness, tag: str, revision: int) -> str:
    """The id of a deploy that brought this revision, after the one before."""
    harness.clock.value += 1
    before = a_plan(old_revision=f"web:{revision - 1}", old_tag=f"1.4.{revision - 1}")
    deploy_id = harness.request(tag=tag, plan=before)
    harness.end(
        deploy_id, outcome=Outcome.SUCCEEDED, ecs={"new_revision": f"web:{revision}", "update_tried": True}
    )
    return deploy_id


def offered(harness: PublisherHarness, deploy_id: str) -> list[str]:
    """The labels of the offers on its card."""
    blocks = harness.card(deploy_id).get("blocks", [])
    elements = [each for block in blocks if block["type"] == "actions" for each in block["elements"]]
    return [each["text"]["text"] for each in elements if each["action_id"] == ROLL_BACK_TO]


def publish(harness: PublisherHarness, *deploy_ids: str) -> None:
    """What the engine asks for when another deploy has changed the service, or ends."""
    for deploy_id in deploy_ids:
        harness.threads.mark_due(deploy_id, harness.clock())
    harness.run(30)


def under_way(harness: PublisherHarness) -> Deploy:
    """Another deploy that has begun to change the service."""
    harness.clock.value += 1
    other = harness.request(tag="1.5.0", plan=a_plan(old_revision="web:2", old_tag="1.4.2"))
    return harness.change(other, phase=Phase.FOLLOWING, ecs={"update_tried": True})


def test_a_success_offers_to_go_back_until_another_deploy_changes_the_service(
    harness: PublisherHarness,
) -> None:
    first, second = deployed(harness, "1.4.1", 1), deployed(harness, "1.4.2", 2)
    publish(harness, first, second)
    assert (offered(harness, first), offered(harness, second)) == ([], ["Roll back to 1.4.1"])

    other = under_way(harness)
    publish(harness, second)
    assert offered(harness, second) == []

    harness.end(other.id, outcome=Outcome.ROLLED_BACK)
    publish(harness, second)
    assert offered(harness, second) == ["Roll back to 1.4.1"]
