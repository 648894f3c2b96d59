"""A secret that somebody types where a name belongs gets no further than the person's own screen."""

from __future__ import annotations

import pytest

from tests.bot.bot_harness import ALICE, CAROL, RESPONSE_URL, BotHarness
from tests.scenarios.canaries import redis_contents

SECRET = "hunter2secret"
TYPED = f"password={SECRET}"
OPENS_MODALS = "0123456789abcdef"
"""A part of each `trigger_id`."""


@pytest.mark.parametrize(
    "arguments",
    [
        TYPED,
        f"{TYPED} 1.2.3",
        f"web {TYPED}",
        f"web,{TYPED} 1.2.3",
        f"web 1.4.2 {TYPED}",
        f"plan web {TYPED}",
        f"tags {TYPED}",
        f"restart {TYPED}",
        f"rollback web {TYPED}",
        f"override {TYPED} why",
        f"follow {TYPED}",
        f"status {TYPED}",
        f"history {TYPED}",
        f"stats {TYPED}",
        f"show {TYPED}",
        f"access {TYPED}",
        f"cancel {TYPED}",
        f"logs {TYPED}",
        f"logs web {TYPED}",
        f"scale web {TYPED}",
        f"scale web 3 {TYPED}",
        f"run web {TYPED}",
        f"run web -- tool --{TYPED}",
        f"run wbe -- tool --{TYPED}",
        f"lock {TYPED} why",
        f"lock web for 2h {TYPED}",
        f"unlock {TYPED}",
        f"stop-all {TYPED}",
        f"resume-all {TYPED}",
        f"help {TYPED}",
        f"nonsense {TYPED}",
    ],
)
def test_it_is_in_no_key_value_job_or_log(
    bot: BotHarness, arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in (ALICE, CAROL):
        bot.type(f"/deploy {arguments}", by=person)
        bot.mention(f"@slipway {arguments}", by=person)

    places = {**redis_contents(bot.redis), "log": "".join(capsys.readouterr())}
    assert len(places) > 3
    for secret in (SECRET, OPENS_MODALS, RESPONSE_URL):
        assert [name for name, text in places.items() if secret in text] == []
