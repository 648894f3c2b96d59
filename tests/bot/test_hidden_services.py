"""Whatever somebody types where a service may not be seen, nothing is told of its deploys and locks."""

from __future__ import annotations

import json

import pytest

from bot.commands import SUBCOMMANDS
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from deploys.records.phases import Outcome, Phase
from tests.bot.bot_harness import ALICE, BOB, CAROL, DEPLOYS_CHANNEL, GENERAL_CHANNEL, BotHarness
from tests.bot.sample_bot import APPROVERS, DEPLOYERS
from tests.builders import a_service

SECRET_CHANNEL = "C03SECRET0"
SECRETS = ("9.9.9", "8.8.8", "why-deployed", "why-locked", "why-group-locked")
TYPED = (
    *("status", "status vault", "history", "history vault", "show ID", "show OLD", "access vault", "locks"),
    *(
        "stats vault",
        "tags vault",
        "logs vault",
        "plan vault 1.4.2",
        "",
        "vault",
        "vault typo!",
        "valt 1.4.2",
    ),
    *(
        "cancel",
        "cancel vault",
        "cancel vault why",
        "cancel ID",
        "cancel OLD",
        "cancel vaults",
        "cancel both",
    ),
    *("reject vault why", "reject ID why", "vault 1.4.2", "web,vault 1.4.2", "both 1.4.2", "vaults 1.4.2"),
    *("lock vault why", "lock vaults why", "lock both why", "lock * why", "unlock vault", "unlock vaults"),
    *("unlock both", "unlock *", "unlock vault why", "rollback vault", "restart vault", "follow vault"),
    *("override vault 1.4.2 why", "scale vault 3", "run vault -- ls", "history both", "status vaults"),
)
"""Every command that may be about `vault`."""
ABOUT_SERVICES = SUBCOMMANDS.keys() - {"deploy", "help", "stop-all", "resume-all"}


@pytest.fixture
def catalogue() -> Catalogue:
    """`vault` may be seen in a channel of its own alone."""
    people = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,)}
    services = (
        a_service("web", **people, channels=(DEPLOYS_CHANNEL,)),
        a_service("vault", **people, channels=(SECRET_CHANNEL,)),
    )
    groups = {"both": ("web", "vault"), "vaults": ("vault",)}
    return Catalogue(
        {each.name: each for each in services},
        {name: ServiceGroup(name=name, services=members) for name, members in groups.items()},
    )


def test_no_command_tells_of_what_may_not_be_seen_there(bot: BotHarness) -> None:
    bot.type("/deploy vault 8.8.8: why-deployed", channel=SECRET_CHANNEL)
    old = bot.only_deploy()
    bot.commit_step(old, phase=Phase.ENDED, outcome=Outcome.SUCCEEDED, ended_at=bot.clock())
    bot.type("/deploy vault 9.9.9: why-deployed", channel=SECRET_CHANNEL)
    deploy = bot.only_deploy()
    bot.commit_step(deploy, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    bot.type("/deploy lock vault why-locked", channel=SECRET_CHANNEL)
    bot.type("/deploy lock vaults why-group-locked", channel=SECRET_CHANNEL)
    told = []

    for by, channel in ((BOB, DEPLOYS_CHANNEL), (CAROL, GENERAL_CHANNEL)):
        for each in TYPED:
            typed = each.replace("ID", deploy.id).replace("OLD", old.id)
            answer = json.dumps(bot.read_ack(bot.send_command(f"/deploy {typed}", by=by, channel=channel)))
            told += [(typed, secret) for secret in SECRETS if secret in answer]

    assert {each.split(" ")[0] for each in TYPED} >= ABOUT_SERVICES
    assert told == []
    assert not any(secret in str(bot.queued_answers()) for secret in SECRETS)
    assert bot.context.store.get(deploy.id).approval.decisions == ()  # type: ignore[union-attr]
    assert len(bot.context.locks.all(bot.clock())) == 2
