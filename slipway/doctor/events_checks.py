"""Events of ECS, if a queue is set: whether it can be read, and whether events arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploys.errors import AwsError
from deploys.mrkdwn import plain_text, plural
from deploys.stores.ecs_events import EcsEvents
from deploys.stores.heartbeats import read_heartbeats
from deploys.telemetry.metrics import EVENTS
from slipway.doctor.context import DoctorContext
from slipway.doctor.finding import Finding, error, ok, warning
from slipway.doctor.permission_simulation import PolicySimulator, lacking_part, principal_of, questions_about
from slipway.iam.events_statement import events_statement
from workers.ecs.aws.error_translation import aws_call

MANY_MESSAGES = 1000
"""Messages that wait from which on the receiver does not keep up (count): it handles hundreds a second."""


def check_events_queue(context: DoctorContext) -> Iterator[Finding]:
    """Whether AWS has the queue and lets it be read."""
    settings = context.events_settings
    if (needed := events_statement(settings)) is None:
        return
    url = settings.slipway_events_queue or ""
    context.require_aws()
    region = context.aws.region(settings.queue_region)
    if not context.workers_role:
        try:
            with aws_call("sqs:GetQueueAttributes"):
                answer: Any = region.client("sqs").get_queue_attributes(
                    QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "RedrivePolicy"]
                )
        except AwsError as problem:
            yield error(
                f"The queue of events cannot be read: {plain_text(problem.message)}",
                f"Check SLIPWAY_EVENTS_QUEUE, and let its receiver do this:\n{_dump(needed.as_json())}",
            )
            return
        yield from judge_queue(answer.get("Attributes") or {})
    if not (principal := context.workers_role or principal_of(context.identity.arn)):
        return  # the root user's, who may do everything
    try:
        refusals = PolicySimulator(region, principal).ask(list(questions_about(needed, region.name)))
    except AwsError:
        return  # the check of the permissions says so
    if missing := lacking_part(needed, region.name, refusals):
        yield error(
            f"{principal} may not do {', '.join(missing.actions)} on the queue of events.",
            f"Add this statement to its policy:\n{_dump(missing.as_json())}",
        )


def judge_queue(attributes: Mapping[str, str]) -> Iterator[Finding]:
    """What SQS says of the queue. Pure."""
    waiting = int(attributes.get("ApproximateNumberOfMessages", "0"))
    if waiting >= MANY_MESSAGES:
        yield warning(
            f"{plural(waiting, 'message')} wait in the queue of events.",
            "Its receiver does not run, or does not keep up. Start one more: python -m workers.events.",
        )
    elif "RedrivePolicy" not in attributes:
        yield warning(
            "The queue of events has no dead-letter queue.",
            "Messages that cannot be handled come again and again until their time is over. "
            "packaging/cloudformation-events.yml sets one up.",
        )
    else:
        yield ok("The queue of events can be read.")


def check_events_arrive(context: DoctorContext) -> Iterator[Finding]:
    """Whether a receiver runs, and whether ECS's events reach it."""
    if context.events_settings.slipway_events_queue is None:
        return
    running = sum(each.process == EVENTS for each in read_heartbeats(context.redis))
    if not running:
        yield error(
            "No receiver of events runs, so ECS is read every few seconds.",
            "Start it: python -m workers.events. Or remove SLIPWAY_EVENTS_QUEUE.",
        )
        return
    events = EcsEvents(context.redis)
    if events.are_missed:
        yield error(
            "A rollout ended of which no event told, so ECS is read every few seconds for ten minutes.",
            "Look at the rule in EventBridge in the account and Region of each service: it has to be "
            "enabled, match events of ECS and have the queue as its target, and the queue's policy has to "
            "let events.amazonaws.com send.",
        )
    elif events.arrive:
        yield ok("Events of ECS are received, so ECS is read every minute only.")
    else:
        yield error(
            "The receiver of events runs, but receives nothing, so ECS is read every few seconds.",
            "Its log says why it cannot read the queue.",
        )


def _dump(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement, indent=2)
