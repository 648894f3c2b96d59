"""What the receiver of events needs: to read its queue."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field

from slipway.iam.service_facts import partition_of_region
from slipway.iam.statement import Statement
from workers.settings import EventsSettings

READ_QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""GetQueueAttributes is for `slipway doctor`."""


class QueueSettings(EventsSettings):
    """The queue alone: policies are also printed where no Redis is known."""

    redis_url: str = Field(default="", repr=False)


def events_statement(settings: EventsSettings) -> Statement | None:
    """None if no queue is set. Pure."""
    if settings.slipway_events_queue is None:
        return None
    account, name = urlsplit(settings.slipway_events_queue).path.split("/")[-2:]
    region = settings.queue_region
    arn = f"arn:{partition_of_region(region)}:sqs:{region}:{account}:{name}"
    return Statement("ReceiveEvents", READ_QUEUE, (arn,))
