"""What the audit says of each subcommand, done and refused. A new subcommand needs its lines here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.commands import SUBCOMMANDS
from deploys.records.phases import Phase
from deploys.stores import audit
from tests.bot.bot_harness import (
    ALICE,
    BOB,
    CAROL,
    DEPLOYS_CHANNEL,
    GENERAL_CHANNEL,
    TEAM,
    BotHarness,
)
from tests.bot.sample_bot import VERSION
from tests.builders import a_deploy, a_service

SERVICE = a_service(
    "web",
    channels=(DEPLOYS_CHANNEL,),
    **dict.fromkeys(
        ("deployers", "approvers", "may_roll_back", "may_scale", "may_run", "may_override"), (ALICE,)
    ),
)
ID = "2a3b4c5d"
"""Of a deploy that waits."""
DONE: dict[str, tuple[str, str, dict[str, str]]] = {
    "deploy": ("web 1.4.2 a fix", "requested", {"target": "1.4.2", "tag": "1.4.2", "why": "a fix"}),
    "restart": ("restart web: a fix", "requested", {"why": "a fix"}),
    "rollback": ("rollback web 1.4.1", "requested", {"target": "1.4.1"}),
    "override": ("override web 1.4.2 an outage", "requested", {"target": "1.4.2", "tag": "1.4.2"}),
    "follow": ("follow web", "requested", {}),
    "scale": ("scale web 3 more load", "requested", {"target": "3", "why": "more load"}),
    "run": ("run web -- ls -l", "requested", {"target": "ls -l"}),
    "cancel": (f"cancel {ID}", "cancel", {"deploy": ID, "tag": "1.0.0", "phase": "waiting"}),
    "reject": (f"reject {ID} too late", "rejected", {"deploy": ID, "tag": "1.0.0", "why": "too late"}),
    "lock": ("lock web for 2h graphs", "locked", {"target": "web", "lock_owner": ALICE, "why": "graphs"}),
    "unlock": ("unlock web", "unlocked", {"target": "web", "lock_owner": ALICE}),
    "stop-all": ("stop-all an incident", "all deploys stopped", {"why": "an incident", "service": ""}),
    "resume-all": ("resume-all it is over", "all deploys resumed", {"why": "it is over", "service": ""}),
}
"""What is typed, what became of it, and what else the entry says."""
VERB_OF_THE_DEPLOY = {"override": "deploy", "cancel": "deploy", "reject": "deploy"}
"""What is done to a deploy is an entry about that deploy, whose verb it names."""
QUERIES = {
    "plan": "plan web 1.4.2",
    "tags": "tags web",
    "status": "status web",
    "history": "history web",
    "stats": "stats web",
    "show": f"show {ID}",
    "access": "access web",
    "logs": "logs web",
}
"""Questions about a service, which are refused where nobody may see it."""
ABOUT_NO_SERVICE = {"locks", "help"}


@pytest.fixture
def bot(bot: BotHarness) -> BotHarness:
    """A bot with the service web, of which one deploy waits."""
    catalogue = replace(bot.context.catalogue, services={"web": SERVICE})
    changed = replace(bot.context.with_catalogue(catalogue), read_catalogue=lambda: catalogue)
    harness = BotHarness(changed, bot.redis, bot.clock)
    request = {"requester": ALICE, "requested_at": bot.clock()}
    changed.store.submit(a_deploy(SERVICE, id=ID, tag="1.0.0", request=request))
    return harness


def typed(bot: BotHarness, text: str, by: str, channel: str = DEPLOYS_CHANNEL) -> list[audit.Row]:
    """The entries that typing this makes."""
    before = {each["id"] for each in audit.trail(bot.redis)}
    bot.type(f"/deploy {text}", by=by, channel=channel)
    return [each for each in audit.trail(bot.redis) if each["id"] not in before]


def prepare(bot: BotHarness, verb: str) -> None:
    """Does what has to be done first, by alice."""
    for undone, done in (("unlock", "lock web the graphs"), ("resume-all", "stop-all an incident")):
        if verb == undone:
            typed(bot, done, ALICE)
    if verb == "reject":
        waits = {
            "phase": Phase.AWAITING_APPROVAL,
            "service": SERVICE.model_copy(update={"approvals": 1}),
            "request": {"requester": BOB},
            "approval": {"question": 1},
        }
        bot.context.store.amend(ID, lambda deploy: deploy.evolve(**waits), by="slipway", what="planned")


def test_every_subcommand_is_here() -> None:
    assert DONE.keys() | QUERIES.keys() | ABOUT_NO_SERVICE == SUBCOMMANDS.keys()


@pytest.mark.parametrize("verb", DONE)
def test_what_is_done_is_one_entry_with_all_that_was_asked_for(bot: BotHarness, verb: str) -> None:
    prepare(bot, verb)
    text, what, fields = DONE[verb]

    [entry] = typed(bot, text, ALICE)

    expected: audit.Row = {
        "who": ALICE,
        "team": TEAM,
        "channel": DEPLOYS_CHANNEL,
        "catalogue": VERSION,
        "what": what,
        "verb": VERB_OF_THE_DEPLOY.get(verb, verb),
        "service": "web",
        "at": f"{bot.clock():.3f}",
    }
    assert entry | expected | fields == entry


@pytest.mark.parametrize("verb", DONE)
def test_what_is_refused_is_one_entry_with_what_was_asked_for_and_why(bot: BotHarness, verb: str) -> None:
    prepare(bot, verb)
    text, _, fields = DONE[verb]

    [entry] = typed(bot, text, CAROL)

    asked = {name: fields[name] for name in ("target", "tag", "deploy") if name in fields}
    service = fields.get("service", "web")
    expected: audit.Row = {
        "who": CAROL,
        "team": TEAM,
        "channel": DEPLOYS_CHANNEL,
        "catalogue": VERSION,
        "what": "refused",
        "verb": verb,
        "service": service,
        "at": f"{bot.clock():.3f}",
    }
    assert entry | expected | asked == entry
    assert entry["why"]


@pytest.mark.parametrize("verb", QUERIES)
def test_a_question_that_is_refused_is_an_entry_and_one_that_is_answered_is_none(
    bot: BotHarness, verb: str
) -> None:
    assert typed(bot, QUERIES[verb], ALICE) == []

    [entry] = typed(bot, QUERIES[verb], ALICE, GENERAL_CHANNEL)

    assert (entry["what"], entry["verb"], entry["service"]) == ("refused", verb, "web")
    assert (entry["who"], entry["channel"]) == (ALICE, GENERAL_CHANNEL)
