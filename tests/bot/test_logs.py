"""`/deploy logs SERVICE [container] [lines]`: announced here, answered by a worker."""

from __future__ import annotations

import pytest

from bot.commands import parse
from bot.grammar import Command, ParseError, ParseErrorKind
from deploys import buttons
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import LogLines
from deploys.records.refused_request import RefusedRequest
from tests.bot.bot_harness import (
    ALICE,
    CAROL,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    RESPONSE_URL,
    BotHarness,
)
from tests.builders import a_deploy, a_service
from tests.slack_directory import TEAM


@pytest.fixture
def catalogue() -> Catalogue:
    services = (a_service("web", channels=(DEPLOYS_CHANNEL,)), a_service("api", logs=LogLines.HIDE))
    return Catalogue({each.name: each for each in services})


@pytest.mark.parametrize(
    ("text", "container", "lines"),
    [
        ("logs web", "", None),
        ("logs web envoy", "envoy", None),
        ("logs web 50", "", 50),
        ("logs web envoy 100", "envoy", 100),
    ],
)
def test_what_is_understood(text: str, container: str, lines: int | None) -> None:
    assert parse(text) == Command("logs", ("web",), target=container, count=lines)


@pytest.mark.parametrize("text", ["logs web 0", "logs web 101", "logs web envoy many", "logs web 99999"])
def test_how_many_lines(bot: BotHarness, text: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text)

    assert raised.value.kind is ParseErrorKind.INVALID_LINES
    assert "is not a number of lines; anything from 1 to 100 is allowed." in bot.type(f"/deploy {text}")


def test_a_worker_is_enqueued(bot: BotHarness) -> None:
    answers = [bot.type("/deploy logs web", by=CAROL), bot.type("/deploy logs web envoy 5", by=CAROL)]

    assert answers == [
        "Reading the last log lines of `web`. They follow here, and only you see them.",
        "Reading the last log lines of `envoy` of `web`. They follow here, and only you see them.",
    ]
    jobs = bot.queued_jobs()
    asked = [DEPLOYS_CHANNEL, None, CAROL, TEAM]
    assert [(name, rest) for name, (_, *rest) in jobs] == [
        ("answer_logs", ["web", "", 20, *asked]),
        ("answer_logs", ["web", "envoy", 5, *asked]),
    ]
    assert bot.context.threads.response_url(jobs[0][1][0]) == RESPONSE_URL


def test_where_they_are_asked_for(bot: BotHarness) -> None:
    assert bot.type("/deploy logs web", channel=GENERAL_CHANNEL).startswith(
        "`web` cannot be asked about in this channel"
    )
    assert bot.queued_jobs() == []


def test_hidden_logs_are_not_read(bot: BotHarness) -> None:
    assert bot.type("/deploy logs api", by=ALICE) == (
        "`services.yml` keeps the log lines of `api` out of Slack (`logs: hide`). "
        "<https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/production/services/api/logs?region=eu-west-1"
        "|the ECS console> has them."
    )
    assert bot.queued_jobs() == []


def test_the_logs_of_a_container_that_was_meant_are_shown_by_a_button(bot: BotHarness) -> None:
    kept = RefusedRequest(
        id="r3q4s5t6",
        subcommand="logs",
        services=("web",),
        arguments={"count": 5},
        is_query=True,
        request=a_deploy(request={"requested_at": bot.clock()}).request,
        error="ContainerNotInTask",
        facts={"containers": "app,envoy"},
    )
    bot.context.refused_requests.save(kept)

    bot.click(buttons.RUN_INSTEAD, a_deploy(id=kept.id), by=ALICE, ephemeral=True, question=1)

    [asked] = [args for job, args in bot.queued_jobs() if job == "answer_logs"]
    assert asked[1:4] == ["web", "envoy", 5]
