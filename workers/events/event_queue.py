"""The queue of SQS that EventBridge puts events of ECS into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from workers.ecs.aws.aws_session import new_session
from workers.ecs.aws.call_metrics import watch_calls
from workers.ecs.aws.error_translation import aws_call

LONG_POLL_SECONDS = 20
"""How long SQS waits for a message: the longest that it can (ReceiveMessage, WaitTimeSeconds)."""
VISIBILITY_SECONDS = 30
"""A message that was received and not deleted comes again after this long (seconds)."""
BATCH = 10
"""Messages that one call receives or deletes (count): the most that SQS allows."""
MAX_MESSAGES = 200
"""Messages that are handled together (count)."""
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
"""How long SQS may take for an answer, beside the long poll (seconds)."""


@dataclass(frozen=True)
class QueuedEvent:
    """A message, and what it is deleted by."""

    body: str
    receipt: str
    sent_at: float
    """When EventBridge sent it, as SQS says (epoch seconds)."""


class EventQueue:
    """Receives and deletes messages."""

    def __init__(self, url: str, region: str) -> None:
        """Raises AwsError if boto3 cannot be configured."""
        self._url = url
        with aws_call("sqs:ReceiveMessage"):
            self._sqs: Any = new_session().create_client(
                "sqs",
                region_name=region,
                config=Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=LONG_POLL_SECONDS + ANSWER_SECONDS,
                    retries={"total_max_attempts": 1, "mode": "standard"},
                    user_agent_extra="slipway",
                ),
            )
        watch_calls(self._sqs)

    def receive(self, wait_seconds: int = LONG_POLL_SECONDS) -> list[QueuedEvent]:
        """Waits for the first message, then takes what else is there. Raises AwsError."""
        events = self._receive(wait_seconds)
        newest = events
        while len(newest) == BATCH and len(events) < MAX_MESSAGES:
            newest = self._receive(0)
            events += newest
        return events

    def _receive(self, wait_seconds: int) -> list[QueuedEvent]:
        with aws_call("sqs:ReceiveMessage"):
            answer: Any = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=VISIBILITY_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        return [
            QueuedEvent(
                each.get("Body", ""),
                each["ReceiptHandle"],
                int(each.get("Attributes", {}).get("SentTimestamp", "0")) / 1000,
            )
            for each in answer.get("Messages", ())
        ]

    def delete(self, events: Sequence[QueuedEvent]) -> None:
        """Deletes them. One that SQS does not delete comes again, which does no harm. Raises AwsError."""
        for batch in _batches(events):
            entries: Any = [
                {"Id": str(number), "ReceiptHandle": each.receipt} for number, each in enumerate(batch)
            ]
            with aws_call("sqs:DeleteMessage"):
                self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)


def _batches(events: Sequence[QueuedEvent]) -> Iterator[Sequence[QueuedEvent]]:
    return (events[start : start + BATCH] for start in range(0, len(events), BATCH))
