"""`/deploy lock`, `unlock`, `locks`, and what a locked service answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from redis import Redis

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from deploys.formatting import slack_time
from deploys.records.audit_entry import AuditEntry
from deploys.records.hold import HoldKind
from deploys.records.lock import Lock
from deploys.records.phases import Phase
from deploys.records.request import Verb
from deploys.redis_connection import connect
from deploys.stores import audit
from deploys.stores.locks import Locks
from deploys.stores.notices import Notices
from deploys.stores.user_groups import UserGroups
from tests.bot.bot_harness import ALICE, BOB, CAROL, DAVE, GENERAL_CHANNEL, BotHarness
from tests.bot.form_harness import make_guest
from tests.bot.test_refused_requests import offered
from tests.builders import a_service, a_stop_start_service

DEPLOYERS, APPROVERS = "S01DEPLOYERS", "S02APPROVERS"


@pytest.fixture
def catalogue() -> Catalogue:
    allowed = {"deployers": (ALICE, DEPLOYERS), "approvers": (APPROVERS,)}
    services = (
        a_service("web", **allowed),
        a_service("api", **allowed),
        a_stop_start_service("ledger", **allowed),
    )
    return Catalogue(
        {each.name: each for each in services}, {"shop": ServiceGroup(name="shop", services=("web", "api"))}
    )


def locked_by_alice(bot: BotHarness, typed: str = "/deploy lock web for 2h checking the graphs") -> str:
    return bot.type(typed)


def test_a_locked_service_answers_with_who_why_since_when_and_until_when(bot: BotHarness) -> None:
    since, until = slack_time(bot.clock()), slack_time(bot.clock() + 7200)
    assert locked_by_alice(bot) == (
        f"Locked: `web`, until {until}: checking the graphs. Your own deploys pass; rollbacks pass for "
        "everybody who may roll back. `/deploy unlock web` ends it."
    )
    bot.clock.advance(60)

    sentence = f"<@{ALICE}> locked `web` ({since}, until {until}): checking the graphs."
    assert bot.type("/deploy web 1.4.2", by=DAVE) == f"`web` is locked. {sentence} Nothing was queued."
    assert bot.type("/deploy restart web", by=DAVE) == f"`web` is locked. {sentence} Nothing was queued."
    assert bot.type("/deploy locks", by=CAROL) == f"*Locked*\n• {sentence}"
    assert sentence in bot.type("/deploy status web", by=DAVE)
    assert bot.context.store.active() == []
    entries = [each for each in audit.trail(bot.redis) if each["what"] == "locked"]
    assert [(each["who"], each["target"], each["why"]) for each in entries] == [
        (ALICE, "web", "checking the graphs")
    ]
    refused = [each for each in audit.trail(bot.redis) if each["what"] == "refused"]
    locked = {name: entries[0][name] for name in ("lock", "lock_target", "lock_owner", "lock_since")}
    assert locked["lock"]
    assert (locked["lock_target"], locked["lock_owner"]) == ("web", ALICE)
    assert [each["hold"] for each in refused] == ["lock", "lock"]
    assert all(each[name] == value for each in refused for name, value in locked.items())


@pytest.mark.parametrize(
    ("typed", "by", "queued"),
    [
        ("/deploy web 1.4.2", ALICE, True),
        ("/deploy api 1.4.2", DAVE, True),
        ("/deploy rollback web", DAVE, True),
        ("/deploy follow web", DAVE, True),
        ("/deploy web,api 1.4.2", DAVE, False),
        ("/deploy shop 1.4.2", DAVE, False),
    ],
)
def test_who_passes_a_lock(bot: BotHarness, typed: str, by: str, queued: bool) -> None:
    locked_by_alice(bot)
    answer = bot.type(typed, by=by)
    assert bool(bot.context.store.active()) == queued, answer
    if not queued:
        assert answer.startswith("Nothing was queued. `web` is locked.")


@pytest.mark.parametrize(
    ("target", "locked"),
    [("shop", {"web", "api"}), ("*", {"web", "api", "ledger"}), ("ledger", {"ledger"})],
)
def test_a_group_and_all_services_are_locked_at_once(bot: BotHarness, target: str, locked: set[str]) -> None:
    assert bot.type(f"/deploy lock {target} the database moves").startswith("Locked: ")

    refused = {
        service
        for service in ("web", "api", "ledger")
        if "is locked" in bot.type(f"/deploy {service} 1.4.2", by=DAVE)
    }
    assert refused == locked


@pytest.mark.parametrize(
    ("typed", "by", "answer"),
    [
        ("/deploy lock web no", CAROL, "You may not lock `web`."),
        ("/deploy lock * no", CAROL, "You may not lock `web`."),
        ("/deploy lock wbe no", ALICE, "There is no service `wbe` here. Did you mean `web`?"),
        ("/deploy unlock web", ALICE, "`web` is not locked."),
        ("/deploy unlock *", ALICE, "Everything is not locked."),
        ("/deploy unlock wbe", ALICE, "There is no service `wbe` here."),
        ("/deploy locks", ALICE, "Nothing is locked."),
    ],
)
def test_what_is_refused_where_nothing_is_locked(bot: BotHarness, typed: str, by: str, answer: str) -> None:
    assert bot.type(typed, by=by).startswith(answer)
    assert bot.context.locks.all(bot.clock()) == []


def test_who_may_not_see_a_service_is_not_told_who_locked_it_and_why(bot: BotHarness) -> None:
    bot.type("/deploy lock web a secret project")

    assert ": a secret project." in bot.type("/deploy unlock web", by=CAROL)

    make_guest(bot, CAROL)
    said = bot.type("/deploy unlock web", by=CAROL)
    assert said.startswith("You are a guest of this workspace, and guests may do nothing with `web`")
    assert bot.type("/deploy unlock web") == "Unlocked: `web`. What waited for it goes on."
    assert bot.type("/deploy unlock web", by=CAROL) == said


def test_a_second_lock_is_refused_and_the_owner_changes_it(bot: BotHarness) -> None:
    locked_by_alice(bot)

    assert bot.type("/deploy lock web mine now", by=DAVE).startswith(f"Nothing was locked: <@{ALICE}> locked")
    changed = bot.type("/deploy lock web for 3h still checking")

    assert "This replaces your lock for 2h: checking the graphs." in changed
    [lock] = bot.context.locks.all(bot.clock())
    assert (lock.reason, lock.expires_at) == ("still checking", bot.clock() + 3 * 3600)


def test_twenty_people_lock_at_once_and_one_wins(bot: BotHarness, redis_url: str) -> None:
    barrier = Barrier(20)

    def take(number: int) -> bool:
        lock = Lock(
            id=f"lock{number}",
            target="web",
            services=("web",),
            owner=f"U{number:02}",
            reason="mine",
            since=1.0,
            channel="C",
            team="T",
        )
        with connect(redis_url) as own:
            barrier.wait()
            found, _ = Locks(own).take(lock, AuditEntry(at="1", who=lock.owner, what="locked", catalogue="1"))
        return found.id == lock.id

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(take, range(20))) == [False] * 19 + [True]
    assert len(audit.trail(bot.redis)) == 1


def test_the_owner_unlocks_and_what_waited_is_enqueued(bot: BotHarness) -> None:
    bot.type("/deploy api 1.4.2", by=DAVE)
    deploy = bot.only_deploy()
    bot.type("/deploy lock api checks")
    bot.clear_jobs()

    answer = bot.type("/deploy unlock api")

    assert answer == "Unlocked: `api`. What waited for it goes on."
    assert ("advance", [deploy.id]) in bot.queued_jobs()
    assert ("publish", []) in bot.queued_jobs()


def test_another_persons_lock_is_broken_by_those_who_may_override_and_its_owner_is_told(
    bot: BotHarness,
) -> None:
    locked_by_alice(bot)

    refused = bot.type("/deploy unlock web", by=CAROL)
    assert f"<@{ALICE}> can unlock it; to break the lock of somebody else: <!subteam^{APPROVERS}>." in refused
    answer = bot.type("/deploy unlock web", by=BOB)

    assert answer == f"Unlocked: `web`. What waited for it goes on. <@{ALICE}>, whose lock it was, is told."
    [notice] = Notices(bot.redis).all()
    assert (notice.user, notice.text) == (
        ALICE,
        f"<@{BOB}> has broken your lock of `web` (checking the graphs). What waited for it goes on.",
    )
    whats = [each["what"] for each in audit.trail(bot.redis) if each["what"] != "refused"]
    assert whats == ["locked", "lock broken"]


def test_a_lock_whose_time_is_over_locks_nothing(bot: BotHarness) -> None:
    locked_by_alice(bot)
    bot.clock.advance(7201)
    UserGroups(bot.redis).save_members(DEPLOYERS, [ALICE, DAVE], bot.clock())

    assert bot.type("/deploy locks") == "Nothing is locked."
    assert bot.type("/deploy web 1.4.2", by=DAVE).startswith("Queued: ")
    assert bot.type("/deploy lock web mine", by=DAVE).startswith("Locked: ")


def test_the_reason_names_people_and_groups_by_id(bot: BotHarness) -> None:
    bot.send_command(f"/deploy lock web for 2h ask <@{BOB}|bob> or <!subteam^{APPROVERS}|@approvers>")

    [lock] = bot.context.locks.all(bot.clock())
    assert (lock.reason, lock.named) == ("ask @bob or @approvers", (BOB, APPROVERS))
    answers = [bot.type("/deploy rollback web", by=each) for each in (DAVE, ALICE)]
    assert [each.partition(":")[0] for each in answers] == ["Queued", "Nothing was added"]


def test_nobody_else_rolls_back_if_the_lock_names_somebody(bot: BotHarness) -> None:
    bot.send_command(f"/deploy lock web ask <@{CAROL}|carol>")

    assert bot.type("/deploy rollback web", by=DAVE).startswith("`web` is locked.")


def test_all_deploys_are_stopped_and_resumed(bot: BotHarness) -> None:
    assert bot.type("/deploy stop-all no", by=CAROL).startswith("You may not stop all deploys.")
    assert offered(bot.type_for_blocks("/deploy stop-all no", by=CAROL)) == ["Ask somebody who may"]
    assert bot.type("/deploy resume-all").startswith("Deploys are not stopped")
    since = slack_time(bot.clock())
    stopped = f"<@{ALICE}> stopped all deploys ({since}): the database is slow."

    assert bot.type("/deploy stop-all the database is slow").startswith("Stopped: all deploys")
    assert bot.type("/deploy stop-all me too", by=DAVE) == (
        f"Nothing was changed: {stopped} `/deploy resume-all` lets deploys go on."
    )
    queued = bot.type("/deploy web 1.4.2", by=DAVE)
    assert queued.endswith(f" It is held for now: {stopped} It goes on by itself after that.")
    assert f"{stopped} `/deploy resume-all` lets them go on." in bot.type("/deploy status")
    assert bot.type("/deploy resume-all", by=CAROL) == (
        f"{stopped} You may not resume them. Those who may, as who stopped them and as `may_override` in "
        f"`services.yml`: <@{ALICE}>, <!subteam^{APPROVERS}>."
    )
    assert offered(bot.type_for_blocks("/deploy resume-all", by=CAROL)) == ["Ask somebody who may"]
    bot.clear_jobs()

    assert bot.type("/deploy resume-all it is fast again").startswith("Resumed: deploys go on.")
    assert ("advance", [bot.only_deploy().id]) in bot.queued_jobs()
    whats = [(each["what"], each["why"]) for each in audit.trail(bot.redis) if each["what"].startswith("all")]
    assert whats == [
        ("all deploys stopped", "the database is slow"),
        ("all deploys resumed", "it is fast again"),
    ]


def test_those_who_may_override_resume_too(bot: BotHarness) -> None:
    bot.type("/deploy stop-all the database is slow")

    assert bot.type("/deploy resume-all", by=BOB, channel=GENERAL_CHANNEL).startswith("Resumed: ")


def test_a_rollback_wakes_the_held_deploy_before_it(bot: BotHarness) -> None:
    bot.type("/deploy web 1.4.2", by=DAVE)
    held = bot.only_deploy()
    hold = {"kind": HoldKind.LOCK, "sentence": "locked"}
    bot.commit_step(held, phase=Phase.AWAITING_APPROVAL, hold=hold)
    bot.clear_jobs()

    bot.type("/deploy rollback web")

    back = next(each for each in bot.context.store.active() if each.verb is Verb.ROLLBACK)
    assert ("advance", [held.id]) in bot.queued_jobs()
    assert ("advance", [back.id]) not in bot.queued_jobs()


def test_redis_keeps_one_lock_for_each_target(redis: Redis, bot: BotHarness) -> None:
    for target in ("web", "api", "*"):
        bot.type(f"/deploy lock {target} checks")

    assert [each.target for each in Locks(redis).all(bot.clock())] == ["*", "api", "web"]
