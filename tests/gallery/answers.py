"""What the bot answers to what people type."""

from __future__ import annotations

from redis import Redis

from deploys.records.phases import Outcome, Phase
from deploys.stores import audit
from tests.bot.bot_harness import ALICE, BOB, DAVE, BotHarness, ManualClock
from tests.bot.sample_bot import sample_catalogue, sample_context, sample_user_groups
from tests.builders import NOW, a_deploy, a_plan
from tests.gallery.exhibit import Exhibit, Section
from workers.messages.audit import audit_line, is_told

MAX_ENTRIES = 500

TYPED: tuple[tuple[str, str], ...] = (
    (ALICE, "/deploy help"),
    (ALICE, "/deploy web 1.4.2 fixes the login"),
    (ALICE, "/deploy web 1.4.2"),
    (ALICE, "/deploy web 1.4.3 and the logout"),
    (ALICE, "/deploy web,api 1.5.0"),
    (ALICE, "/deploy wbe 1.4.2"),
    (ALICE, "/deploy web"),
    (ALICE, "/deploy plan web 1.5.1"),
    (ALICE, "/deploy tags web"),
    (ALICE, "/deploy logs web"),
    (ALICE, "/deploy stats web"),
    (ALICE, "/deploy scale web 5"),
    (ALICE, "/deploy run web -- rake -T"),
    (ALICE, "/deploy restart api"),
    (ALICE, "/deploy rollback api"),
    (ALICE, "/deploy follow ledger"),
    (ALICE, "/deploy status"),
    (ALICE, "/deploy status web"),
    (ALICE, "/deploy history"),
    (ALICE, "/deploy history web"),
    (ALICE, "/deploy show k3m9p2qr"),
    (ALICE, "/deploy access"),
    (ALICE, "/deploy access web"),
    (ALICE, "/deploy lock api the migration runs"),
    (ALICE, "/deploy locks"),
    (DAVE, "/deploy api 1.5.2"),
    (DAVE, "/deploy override web 1.5.3 payments are down"),
    (BOB, "/deploy reject web the logout is not ready"),
    (ALICE, "/deploy unlock api"),
    (ALICE, "/deploy cancel web"),
    (BOB, "/deploy stop-all the network is down"),
    (ALICE, "/deploy status"),
    (BOB, "/deploy resume-all"),
)
"""Who types what, in this order."""


def answer_sections(redis: Redis) -> list[Section]:
    """What the bot answers, and what the audit's channel is told of all that. Redis is emptied before."""
    redis.flushall()
    clock = ManualClock(NOW)
    catalogue = sample_catalogue()
    sample_user_groups(redis, clock)
    bot = BotHarness(sample_context(catalogue, redis, clock), redis, clock)
    _history(bot)
    exhibits = []
    for number, (by, text) in enumerate(TYPED):
        clock.advance(1)
        bot.clear_jobs()
        ack = bot.read_ack(bot.send_command(text, by=by))
        title = text if TYPED.index((by, text)) == number else f"{text} (again)"
        said = [str(ack["text"])] if ack.get("text") else []
        said += [answer for _, _, _, answer in bot.queued_answers()]
        shown = "\n".join(said) or "(a worker answers, or the form opens)"
        exhibits.append(Exhibit(title, shown, ack.get("blocks") or (), private=True))
    told = [row for row in audit.read_after(redis, audit.FIRST, MAX_ENTRIES) if is_told(row)]
    lines = {f"{row['what']}: {row.get('verb', '')}": audit_line(row) for row in told}
    return [
        Section("Answers", exhibits),
        Section("The audit's channel", [Exhibit(title, line) for title, line in lines.items()]),
    ]


def _history(bot: BotHarness) -> None:
    """One deploy that ended, and one that runs."""
    service = bot.context.catalogue.services["web"]
    request = {"requested_at": bot.clock() - 4000, "reason": "the new prices"}
    ended = bot.context.store.submit(a_deploy(service, id="k3m9p2qr", tag="1.4.0", request=request)).deploy
    bot.commit_step(
        ended,
        phase=Phase.ENDED,
        outcome=Outcome.SUCCEEDED,
        ended_at=bot.clock() - 3900,
        plan=a_plan(old_tag="1.3.9"),
    )
