"""Answers a query with one message that only the user sees: the answer, or why there is none."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError
from rq.timeouts import BaseTimeoutException
from slack_sdk import WebClient

from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.buttons.button import action_row
from deploys.buttons.choices import choice_buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.environment_values import names_of, values_hidden
from deploys.errors import AwsBudgetSpent, AwsUnavailable, ContainerNotInTask, Refused, SlipwayError
from deploys.holds.held_deploys import HoldSource
from deploys.holds.service_freezes import ServiceFreezes
from deploys.mrkdwn import code
from deploys.native_blocks import Block
from deploys.quoting import NO_SHARED_CHANNELS, SharedChannels, must_hide_quotes, quotes_hidden
from deploys.records.deploy import Deploy
from deploys.records.request import DeployRequest
from deploys.redis_outage import describe_error
from deploys.stores.aws_budget import AwsBudget
from deploys.stores.deploy_store import DeployStore
from deploys.stores.refused_requests import RefusedRequests
from deploys.stores.revision_versions import RevisionVersions
from deploys.stores.terminal_answers import TerminalAnswer, TerminalAnswers
from deploys.stores.thread_store import ThreadStore
from workers.ecs.aws.aws_clients import AwsClients
from workers.ecs.aws.call_budget import caller_for_query, calls_by
from workers.queries.answer import Answer, section
from workers.queries.logs_query import describe_logs, refused_logs
from workers.queries.plan_query import describe_plan
from workers.queries.plan_view import update_plan_view
from workers.queries.stats_query import describe_stats
from workers.queries.status_query import MAX_SERVICES, describe_running
from workers.queries.tags_query import describe_tags
from workers.step_context import AccessPolicy
from workers.tag_signature import TagSigner
from workers.thread.native_block_support import NativeBlockSupport
from workers.thread.private_message import Recipient, send_private_message


@dataclass(frozen=True)
class QueryTarget:
    """Who asked, and where the answer goes."""

    query_id: str
    """Also the key of the response_url in Redis, if there is one."""
    channel: str
    thread_ts: str | None
    user: str
    team: str = ""
    command_line: str = ""
    """Who waits for the answer at a terminal (`DeployRequest.command_line`); empty: nobody."""

    @property
    def asker(self) -> Asker:
        """For the rules of access."""
        return Asker(self.user, self.team, self.channel, command_line=self.command_line)


log = structlog.get_logger()

REFUSAL_PREFIX = ":no_entry_sign: "
"""Begins every refusal, as on a card; the text after it says the same without the emoji."""


@dataclass(frozen=True)
class QueryHandler:
    """Answers queries."""

    catalogue: Catalogue
    store: DeployStore
    threads: ThreadStore
    aws: AwsClients
    access: AccessPolicy
    slack: WebClient
    freezes: ServiceFreezes
    signer: TagSigner
    versions: RevisionVersions
    hold_sources: Sequence[HoldSource] = ()
    shared_channels: SharedChannels = NO_SHARED_CHANNELS
    native_blocks: NativeBlockSupport | None = None
    budget: AwsBudget | None = None
    """How many calls AWS takes; None: as many as there are."""
    now: Callable[[], float] = time.time
    record_retention_days: float = 365

    def answer_tags(self, target: QueryTarget, service: str) -> None:
        """Sends the newest tags of a service."""
        cannot = f"I cannot list the tags of {code(service)}"
        self._answer(target, lambda: self._describe_tags(target, service), cannot=cannot, refused=cannot)

    def _describe_tags(self, target: QueryTarget, service: str) -> Answer:
        self.access.may(Action.SEE, target.asker, service)
        return describe_tags(self.catalogue.get_service(service), self.aws)

    def answer_logs(self, target: QueryTarget, service: str, container: str, lines: int) -> None:
        """Sends the last log lines (count) of a service's newest tasks."""
        cannot = f"I cannot show the logs of {code(service)}"
        self._answer(
            target,
            lambda: Answer(self._describe_logs(target, service, container, lines)),
            cannot=cannot,
            refused=cannot,
        )

    def _describe_logs(self, target: QueryTarget, service: str, container: str, lines: int) -> str:
        self.access.may(Action.SEE, target.asker, service)
        try:
            return describe_logs(self.catalogue.get_service(service), container, lines, self.aws, self.now())
        except ContainerNotInTask as error:
            error.refused_request = refused_logs(error, lines, self._request_of(target))
            raise

    def _request_of(self, target: QueryTarget) -> DeployRequest:
        return DeployRequest(
            requester=target.user,
            team=target.team,
            channel=target.channel,
            thread_ts=target.thread_ts,
            requested_at=self.now(),
            command_line=target.command_line,
        )

    def answer_status(self, target: QueryTarget, services: Sequence[str]) -> None:
        """Sends what these services run now."""
        about = f"{code(services[0])} runs" if len(services) == 1 else "runs"
        cannot = f"I cannot tell what {about} now"
        self._answer(target, lambda: self._describe_running(target, services), cannot=cannot, refused=cannot)

    def _describe_running(self, target: QueryTarget, services: Sequence[str]) -> Answer:
        shown = services[:MAX_SERVICES]  # of the others the answer says only how many there are
        for each in shown:
            self.access.may(Action.SEE, target.asker, each)
        asked = [self.catalogue.get_service(each) for each in shown]
        return describe_running(asked, self.store, self.aws, self.versions, self.now(), total=len(services))

    def answer_stats(self, target: QueryTarget, services: Sequence[str]) -> None:
        """Sends how these services were delivered."""
        cannot = "I cannot tell how software was delivered"
        self._answer(target, lambda: self._describe_stats(target, services), cannot=cannot, refused=cannot)

    def _describe_stats(self, target: QueryTarget, services: Sequence[str]) -> Answer:
        for each in services:
            self.access.may(Action.SEE, target.asker, each)
        return describe_stats(services, self.store, now=self.now(), retention_days=self.record_retention_days)

    def answer_plan(self, target: QueryTarget, service: str, tag: str) -> None:
        """Sends what `/deploy SERVICE TAG` would change, or why it would be refused."""
        self._send(target, self._plan_answer(target, service, tag))

    def show_plan(self, target: QueryTarget, service: str, tag: str) -> None:
        """The same in the modal that waits for it: its external id is that of the query."""
        view = self.threads.plan_view(target.query_id)
        if view is not None:
            text = self._plan_answer(target, service, tag).text
            update_plan_view(self.slack, target.query_id, view, text, is_refusal=is_refusal(text))

    def _plan_answer(self, target: QueryTarget, service: str, tag: str) -> Answer:
        return self._find_answer(
            target,
            lambda: Answer(
                describe_plan(
                    self._hypothetical_deploy(target, service, tag),
                    store=self.store,
                    aws=self.aws,
                    access=self.access,
                    freezes=self.freezes,
                    hold_sources=self.hold_sources,
                    signer=self.signer,
                )
            ),
            cannot=f"I cannot tell what {code(service)} {code(tag)} would change",
            refused=f"{code(service)} {code(tag)} would be refused",
        )

    def _answer(self, target: QueryTarget, query: Callable[[], Answer], *, cannot: str, refused: str) -> None:
        """Sends the answer, or why there is none."""
        self._send(target, self._find_answer(target, query, cannot=cannot, refused=refused))

    def _find_answer(
        self, target: QueryTarget, query: Callable[[], Answer], *, cannot: str, refused: str
    ) -> Answer:
        hides = not target.command_line and must_hide_quotes(self.shared_channels, target.channel)
        names = {name for each in self.catalogue.services.values() for name in names_of(each)}
        calls = calls_by(caller_for_query(self.budget, target.query_id))
        with quotes_hidden(hides), values_hidden(names=names), calls:
            return answer_or_refusal(query, cannot=cannot, refused=refused)

    def _send(self, target: QueryTarget, answer: Answer) -> None:
        if target.command_line:
            shown = answer.native or self._offer_choices(answer)
            for_terminal = TerminalAnswer(answer.text, shown, is_refusal(answer.text))
            TerminalAnswers(self.store.redis).save(target.query_id, for_terminal)
            return
        url = self.threads.response_url(target.query_id)
        recipient = Recipient(target.user, target.channel, target.thread_ts, url)
        forms = [*filter(None, [answer.native, self._offer_choices(answer)])]
        send_private_message(
            self.slack, recipient, answer.text, forms=forms, native_blocks=self.native_blocks
        )

    def _offer_choices(self, answer: Answer) -> list[Block]:
        """A refusal with the buttons that lift it, once what they repeat is kept."""
        refused = answer.refused_request
        buttons = choice_buttons(refused) if refused else ()
        if refused is None or not buttons:
            return []
        try:
            RefusedRequests(self.store.redis).save(refused)
        except RedisError:  # the text says all
            return []
        return [section(answer.text), action_row(buttons)]

    def _hypothetical_deploy(self, target: QueryTarget, service: str, tag: str) -> Deploy:
        """A deploy that is planned but never stored."""
        return Deploy(
            id=target.query_id,
            service=self.catalogue.get_service(service),
            tag=tag,
            request={
                "requester": target.user,
                "team": target.team,
                "channel": target.channel,
                "command_line": target.command_line,
                "requested_at": self.now(),
            },
        )


def answer_or_refusal(query: Callable[[], Answer], *, cannot: str, refused: str) -> Answer:
    """The query's answer, or a refusal: `refused` and the reason if the answer is no, `cannot` and the
    reason if the query failed."""
    try:
        return query()
    except AwsBudgetSpent as error:
        return Answer(f"{REFUSAL_PREFIX}{cannot}: {error.message} Ask again in a minute.")
    except AwsUnavailable as error:
        reason = f"AWS does not answer {error.facts['action']} for now ({error.facts['detail']}). "
        return Answer(f"{REFUSAL_PREFIX}{cannot}: {reason}Ask again in a minute.")
    except SlipwayError as error:
        refused_request = error.refused_request if isinstance(error, Refused) else None
        return Answer(f"{REFUSAL_PREFIX}{refused}: {error.message}", refused_request=refused_request)
    except RedisError as error:
        log.warning("a query failed", error=str(error))
        return Answer(f"{REFUSAL_PREFIX}{cannot}: Redis {describe_error(error)}. Ask again in a minute.")
    except BaseTimeoutException:
        return Answer(f"{REFUSAL_PREFIX}{cannot}: AWS took too long to answer. Ask again in a minute.")
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("a query failed", reference=reference, error=type(error).__name__, exc_info=error)
        return Answer(
            f"{REFUSAL_PREFIX}{cannot}: Slipway failed. Give the reference {code(reference)} to the people "
            "who run Slipway: the workers' log has the details."
        )


def is_refusal(text: str) -> bool:
    """Whether this text is a refusal instead of an answer."""
    return text.startswith(REFUSAL_PREFIX)
