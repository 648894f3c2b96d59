"""The queue in SQS to which EventBridge brings the events of ECS, as far as one reader needs it.

Shapes: Amazon SQS API Reference (JSON protocol); Amazon ECS Developer Guide, "Amazon ECS events".
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from benchmarks import names

Json = dict[str, Any]

MOST_MESSAGES = 10
"""Messages that one answer has (count)."""


class EventQueue:
    """Messages that nobody has taken yet. A message that was taken does not come back."""

    def __init__(self) -> None:
        self._bodies: asyncio.Queue[str] = asyncio.Queue()

    def put(self, event: Json) -> None:
        """Adds an event."""
        self._bodies.put_nowait(json.dumps(event))

    async def answer(self, api: str, asked: Json) -> Json:
        """The answer to a call of SQS."""
        if api == "ReceiveMessage":
            return {"Messages": [_message(each) for each in await self._take(asked)]}
        if api == "DeleteMessageBatch":
            return {"Successful": [{"Id": each["Id"]} for each in asked["Entries"]], "Failed": []}
        if api == "GetQueueAttributes":
            arn = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:{names.EVENT_QUEUE}"
            return {"Attributes": {"QueueArn": arn, "ApproximateNumberOfMessages": str(self._bodies.qsize())}}
        return {}

    async def _take(self, asked: Json) -> list[str]:
        """Waits for the first message, and takes what else is there."""
        try:
            found = [
                await asyncio.wait_for(self._bodies.get(), float(asked.get("WaitTimeSeconds", 0)) or 0.01)
            ]
        except TimeoutError:
            return []
        most = int(asked.get("MaxNumberOfMessages", 1))
        while len(found) < min(most, MOST_MESSAGES) and not self._bodies.empty():
            found.append(self._bodies.get_nowait())
        return found


def _message(body: str) -> Json:
    return {
        "MessageId": str(uuid.uuid4()),
        "ReceiptHandle": str(uuid.uuid4()),
        "MD5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "Body": body,
        "Attributes": {"SentTimestamp": str(int(time.time() * 1000))},
    }


def deployment_completed(service_arn: str, deployment_id: str, at: float) -> Json:
    """The event that a service's deployment is COMPLETED."""
    at_utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "ECS Deployment State Change",
        "source": "aws.ecs",
        "account": names.ACCOUNT,
        "time": at_utc,
        "region": names.REGION,
        "resources": [service_arn],
        "detail": {
            "eventType": "INFO",
            "eventName": "SERVICE_DEPLOYMENT_COMPLETED",
            "deploymentId": deployment_id,
            "updatedAt": at_utc,
            "reason": f"ECS deployment {deployment_id} completed.",
        },
    }
