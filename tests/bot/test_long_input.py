"""What it costs to answer a hostile text, counted rather than timed."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import pytest
from redis import Redis

from bot import written
from bot.desk import furnish
from deploys.catalogue import nearest
from deploys.catalogue.catalogue import Catalogue
from tests.bot.room import BOT, Clock, Room
from tests.builders import a_service

SERVICES = 300
LONG = 40_000
"""Characters of what is typed."""


class Work:
    """Pairs of characters that were compared, and words that were read (count)."""

    pairs = 0
    words = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    done = Work()

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

    read = written.word

    def counted(text: str) -> str:
        done.words += 1
        return read(text)

    monkeypatch.setattr(nearest, "SequenceMatcher", Counting)
    monkeypatch.setattr(written, "word", counted)
    return done


@pytest.fixture
def big_room(redis: Redis, clock: Clock) -> Room:
    """A workspace with many services."""
    services = [a_service(f"service-{number:03}") for number in range(SERVICES)]
    catalogue = Catalogue({each.name: each for each in services})
    return Room(furnish(BOT, catalogue, redis, redis, now=clock), redis, clock)


@pytest.mark.parametrize(
    "typed",
    [
        "x" * LONG,
        "service-" * (LONG // 8),
        "x" * LONG + " 1.4.2",
        "service-001 " + "x" * LONG,
        "plan " + "x" * LONG + " 1.4.2",
        "plan service-001 " + "x" * LONG,
        "tags " + "x" * LONG,
        "restart " + "x" * LONG,
        "rollback service-001 " + "x" * LONG,
        "follow " + "x" * LONG,
        "status " + "x" * LONG,
        "cancel " + "x" * LONG,
        "a," * (LONG // 2) + "b 1.4.2",
        ",".join(f"n{number}" for number in range(LONG // 6)) + " 1.4.2",
        ", ".join(f"n{number}" for number in range(LONG // 7)) + " 1.4.2",
        "cancel " + ",".join(f"n{number}" for number in range(LONG // 6)),
        "," * LONG,
        "service-001 1.4.2 " + "why " * (LONG // 4),
        ",".join(["x" * 2000] * 20) + " 1.4.2",
    ],
    ids=lambda typed: typed[:20],
)
def test_a_hostile_text_costs_little_and_starts_nothing(big_room: Room, work: Work, typed: str) -> None:
    payload = big_room.command_payload("/deploy " + typed, by="U01ALICE00")

    answer = big_room.ack(big_room.send_form(payload))

    assert answer["text"]
    assert len(answer["text"]) <= 4000
    assert work.pairs < 500_000, "a thousand times less than all of the text with all names"
    assert work.words < 100 or work.words <= typed.count(" ") + 100, "each word is read once at most"
    assert big_room.desk.store.live() == []
    assert big_room.rung() == []


def test_the_same_holds_for_a_mention(big_room: Room, work: Work) -> None:
    big_room.mention(f"@slipway deploy {'x' * LONG} 1.4.2")

    [(*_, text)] = big_room.said()
    assert text.startswith(f"There is no service `{'x' * 64}` here.")
    assert work.pairs < 500_000


def test_names_that_are_alike_are_still_found(big_room: Room, work: Work) -> None:
    answer: Any = big_room.type("/deploy servcie-007 1.4.2")

    assert answer.startswith("There is no service `servcie-007` here. Did you mean `service-007`")
