"""What it costs to answer a hostile text, counted rather than timed."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import pytest
from redis import Redis

from bot import slack_text
from deploys.catalogue import suggestions
from deploys.catalogue.catalogue import Catalogue
from tests.bot.bot_harness import BotHarness, ManualClock, bot_with
from tests.builders import a_service

SERVICE_COUNT = 300
TYPED_CHARS = 40_000
"""Characters of what is typed."""


class WorkCounter:
    """Pairs of characters that were compared, and words that were read (count)."""

    pairs = 0
    words = 0


@pytest.fixture
def work_counter(monkeypatch: pytest.MonkeyPatch) -> WorkCounter:
    done = WorkCounter()

    class Counting(SequenceMatcher[str]):
        """The bounds are read in passing; a ratio takes time with the product of the lengths."""

        def __init__(self, isjunk: None, left: str, right: str) -> None:
            super().__init__(isjunk, left, right)
            self.lengths = len(left), len(right)

        def ratio(self) -> float:
            done.pairs += self.lengths[0] * self.lengths[1]
            return super().ratio()

        def quick_ratio(self) -> float:
            done.pairs += sum(self.lengths)
            return super().quick_ratio()

    read = slack_text.clean_word

    def counted(text: str) -> str:
        done.words += 1
        return read(text)

    monkeypatch.setattr(suggestions, "SequenceMatcher", Counting)
    monkeypatch.setattr(slack_text, "clean_word", counted)
    return done


@pytest.fixture
def bot_with_many_services(redis: Redis, clock: ManualClock) -> BotHarness:
    """A workspace with many services."""
    services = [a_service(f"service-{number:03}") for number in range(SERVICE_COUNT)]
    catalogue = Catalogue({each.name: each for each in services})
    return bot_with(catalogue, redis, clock)


@pytest.mark.parametrize(
    "typed",
    [
        "x" * TYPED_CHARS,
        "service-" * (TYPED_CHARS // 8),
        "x" * TYPED_CHARS + " 1.4.2",
        "service-001 " + "x" * TYPED_CHARS,
        "plan " + "x" * TYPED_CHARS + " 1.4.2",
        "plan service-001 " + "x" * TYPED_CHARS,
        "tags " + "x" * TYPED_CHARS,
        "restart " + "x" * TYPED_CHARS,
        "rollback service-001 " + "x" * TYPED_CHARS,
        "follow " + "x" * TYPED_CHARS,
        "status " + "x" * TYPED_CHARS,
        "cancel " + "x" * TYPED_CHARS,
        "a," * (TYPED_CHARS // 2) + "b 1.4.2",
        ",".join(f"n{number}" for number in range(TYPED_CHARS // 6)) + " 1.4.2",
        ", ".join(f"n{number}" for number in range(TYPED_CHARS // 7)) + " 1.4.2",
        "cancel " + ",".join(f"n{number}" for number in range(TYPED_CHARS // 6)),
        "," * TYPED_CHARS,
        "service-001 1.4.2 " + "why " * (TYPED_CHARS // 4),
        ",".join(["x" * 2000] * 20) + " 1.4.2",
    ],
    ids=lambda typed: typed[:20],
)
def test_a_hostile_text_costs_little_and_starts_nothing(
    bot_with_many_services: BotHarness, work_counter: WorkCounter, typed: str
) -> None:
    payload = bot_with_many_services.command_payload("/deploy " + typed, by="U01ALICE00")

    answer = bot_with_many_services.read_ack(bot_with_many_services.send_form(payload))

    assert answer["text"]
    assert len(answer["text"]) <= 4000
    assert work_counter.pairs < 500_000, "a thousand times less than all of the text with all names"
    assert work_counter.words < 100 or work_counter.words <= typed.count(" ") + 100, (
        "each word is read once at most"
    )
    assert bot_with_many_services.context.store.active() == []
    assert bot_with_many_services.queued_jobs() == []


def test_the_same_holds_for_a_mention(bot_with_many_services: BotHarness, work_counter: WorkCounter) -> None:
    bot_with_many_services.mention(f"@slipway deploy {'x' * TYPED_CHARS} 1.4.2")

    [(*_, text)] = bot_with_many_services.queued_answers()
    assert text.startswith(f"There is no service `{'x' * 64}` here.")
    assert work_counter.pairs < 500_000


def test_names_that_are_alike_are_still_found(
    bot_with_many_services: BotHarness, work_counter: WorkCounter
) -> None:
    answer: Any = bot_with_many_services.type("/deploy servcie-007 1.4.2")

    assert answer.startswith("There is no service `servcie-007` here. Did you mean `service-007`")
