"""Where questions are answered: each by looking, and by one message that only whoever asked sees.

An answer to a question, or why there is none: whoever asked reads one of the two.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException
from slack_sdk import WebClient

from deploys.catalogue.catalogue import Catalogue
from deploys.errors import AwsUnavailable, SlipwayError
from deploys.mrkdwn import code
from deploys.records.deploy import Deploy
from deploys.redis_outage import describe_error
from deploys.stores.deploy_store import DeployStore
from deploys.stores.thread_store import ThreadStore
from workers.ecs.aws.aws_clients import AwsClients
from workers.queries.plan_query import describe_plan
from workers.queries.tags_query import describe_tags
from workers.step_context import AccessPolicy
from workers.thread.private_message import Recipient, send_private_message


@dataclass(frozen=True)
class QueryTarget:
    """One question of a person: where the answer goes."""

    query_id: str
    """Names the asking; by it Redis knows the response_url, where there is one."""
    channel: str
    thread_ts: str | None
    user: str


@dataclass(frozen=True)
class QueryHandler:
    """What answers are made with."""

    catalogue: Catalogue
    store: DeployStore
    threads: ThreadStore
    aws: AwsClients
    access: AccessPolicy
    slack: WebClient

    def answer_tags(self, target: QueryTarget, service: str) -> None:
        """Tells which tags a service has."""
        cannot = f"I cannot list the tags of {code(service)}"
        text = answer_or_refusal(
            lambda: describe_tags(self.catalogue.get_service(service), self.aws),
            cannot=cannot,
            refused=cannot,
        )
        self._send(target, text)

    def answer_plan(self, target: QueryTarget, service: str, tag: str) -> None:
        """Tells what `/deploy SERVICE TAG` would change, or what it would be refused for."""
        text = answer_or_refusal(
            lambda: describe_plan(
                self._hypothetical_deploy(target, service, tag),
                store=self.store,
                aws=self.aws,
                access=self.access,
            ),
            cannot=f"I cannot tell what {code(service)} {code(tag)} would change",
            refused=f"{code(service)} {code(tag)} would be refused",
        )
        self._send(target, text)

    def _hypothetical_deploy(self, target: QueryTarget, service: str, tag: str) -> Deploy:
        """The deploy that was not asked for. Nobody stores it."""
        return Deploy(
            id=target.query_id,
            service=self.catalogue.get_service(service),
            tag=tag,
            request={
                "requester": target.user,
                "team": "",
                "channel": target.channel,
                "requested_at": time.time(),
            },
        )

    def _send(self, target: QueryTarget, text: str) -> None:
        url = self.threads.response_url(target.query_id)
        send_private_message(self.slack, Recipient(target.user, target.channel, target.thread_ts, url), text)


log = structlog.get_logger()

REFUSAL_PREFIX = ":no_entry_sign: "
"""What every refusal begins with, as on a card; the words behind it say the same."""


def answer_or_refusal(query: Callable[[], str], *, cannot: str, refused: str) -> str:
    """What was found, or why nothing was: `refused` when the answer is no, `cannot` when there is none. Both
    are sentences that the reason ends."""
    try:
        return query()
    except AwsUnavailable as error:
        reason = f"AWS does not answer {error.facts['action']} for now ({error.facts['detail']}). "
        return f"{REFUSAL_PREFIX}{cannot}: {reason}Ask again in a minute."
    except SlipwayError as error:
        return f"{REFUSAL_PREFIX}{refused}: {error.message}"
    except RedisError as error:
        log.warning("a question failed", error=str(error))
        return f"{REFUSAL_PREFIX}{cannot}: my memory, Redis, {describe_error(error)}. Ask again in a minute."
    except BaseTimeoutException:
        return f"{REFUSAL_PREFIX}{cannot}: AWS took too long to answer. Ask again in a minute."
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("a question failed", reference=reference, error=type(error).__name__, exc_info=error)
        return (
            f"{REFUSAL_PREFIX}{cannot}: that went wrong on my side. Tell whoever runs Slipway the reference "
            f"{code(reference)}: the workers' log says more under it."
        )


def is_refusal(text: str) -> bool:
    """Whether an answer says that there is none."""
    return text.startswith(REFUSAL_PREFIX)
