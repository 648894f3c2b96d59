"""What the Home tab shows, and whom it says is needed."""

from __future__ import annotations

import pytest

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.holds.service_freezes import ServiceFreeze
from deploys.queue_forecast import WaitingDeploy
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import Deploy
from deploys.records.lock import Lock
from deploys.records.phases import Outcome, Phase
from deploys.records.rollout import RolloutCounts
from deploys.records.stop_all import StopAll
from deploys.rollback_offer import DEPLOYS_READ, RollbackOffer
from deploys.stores.locks import Locks
from deploys.stores.stop_all import StopAllStore
from deploys.stores.user_groups import UserGroups
from sandbox.slack.blockkit.view_limits import check_view
from tests.builders import NOW, a_deploy, a_plan, a_service, a_stop_start_service
from tests.frozen_services import a_freeze
from tests.redis_commands import commands_of
from tests.slack_directory import TEAM, KnownDirectory
from tests.workers.home.home_harness import (
    ALICE,
    APPROVERS,
    BOB,
    CAROL,
    DAVE,
    a_home_publisher,
    access_to,
    home_publisher,
    open_home,
    shown_lines,
)
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.home.content import (
    OFFER_PAGE,
    RECENT_SHOWN,
    RUNNING_SHOWN,
    WAITING_SHOWN,
    EndedRow,
    HomeContent,
    LockRow,
    may_answer,
)
from workers.home.view import LOCKS_SHOWN, home_view


def a_lock() -> Lock:
    return Lock(
        id="k3m9p2qr",
        target="web",
        services=("web",),
        owner=ALICE,
        reason="checking the graphs",
        since=NOW,
        channel="C01DEPLOYS",
        team=TEAM,
    )


def question(**changes: object) -> Deploy:
    service = a_stop_start_service(approvers=(BOB, APPROVERS))
    asked = a_deploy(service, phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan())
    return asked.evolve(**changes)


DATE = "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"
ENDED_OF_A_SERVICE = 4
AS_OF = f"As of {DATE}. This tab is kept up to date for 15 minutes after you open it."


def test_a_newcomer_is_shown_how_to_begin(harness: PublisherHarness, groups: UserGroups) -> None:
    services = [a_service("web"), a_service("api"), a_service("closed", deployers=(BOB,))]

    assert open_home(harness, groups, services=services) == [
        "Needs you",
        "Nothing waits for your answer.",
        "Your services",
        "`web` [Deploy]",
        "`api` [Deploy]",
        "[Deploy another service]",
        AS_OF,
    ]


def test_somebody_who_may_deploy_nothing_reads_why(harness: PublisherHarness, groups: UserGroups) -> None:
    lines = open_home(harness, groups, services=[a_service(deployers=(BOB,))])

    assert lines[2:4] == [
        "Your services",
        "You may deploy no service. `/deploy access SERVICE` says why.",
    ]


def test_what_needs_you_what_runs_what_waits_and_what_ended(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    old = harness.request(tag="1.4.0")
    harness.end(old, outcome=Outcome.SUCCEEDED)
    first = harness.request(tag="1.4.1")
    harness.clock.value += 1
    counts = RolloutCounts(new_desired=3, new_running=2, old_running=1)
    harness.change(first, phase=Phase.FOLLOWING, rollout={"counts": counts})
    harness.request(tag="1.4.2", request={"requester": BOB})
    harness.clock.value += 1
    ledger = harness.request(service=a_stop_start_service(approvers=(APPROVERS,)), tag="2.0.0")
    harness.change(ledger, phase=Phase.AWAITING_APPROVAL, approval={"question": 1})
    harness.run(20)
    harness.clock.value = NOW
    link = harness.view(ledger).permalink
    links = [harness.view(d).permalink for d in (old, first)]
    asked = f":raised_hand: *ledger* `2.0.0` on production by <@{ALICE}>: *waiting for 1 approval*."

    lines = open_home(harness, groups, DAVE)

    assert lines[:3] == ["Needs you", f"{asked} <{link}|Open the thread>", "[Approve] [Reject]"]
    assert lines[3:5] == [
        "Running",
        f":arrows_counterclockwise: *web* `1.4.1` on production by <@{ALICE}>: *rolling out, 2 of 3 new "
        f"tasks running*.\n`▓▓▓▓▓▓▓▓░░░░` <{links[1]}|Open the thread>",
    ]
    assert lines[5] == "Waiting"
    assert lines[6].startswith(
        f":hourglass: *web* `1.4.2` on production by <@{BOB}>: *queued behind `1.4.1` by <@{ALICE}>*. 2nd in "
        "the queue"
    )
    assert lines[7:11] == ["Your services", "`web` [Deploy]", "`ledger` [Deploy]", "[Deploy another service]"]
    assert lines[11:13] == [
        "Latest",
        f":white_check_mark: *web* `1.4.0` on production by <@{ALICE}>: *succeeded*. "
        f"Ended {DATE}. <{links[0]}|Open the thread>",
    ]


def test_a_success_that_runs_can_be_rolled_back_by_those_who_may(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    service = a_service(deployers=(ALICE, BOB), may_roll_back=(BOB,))
    for tag, revision in (("1.4.0", "web:1"), ("1.4.1", "web:2")):
        deploy = harness.request(service=service, tag=tag, plan=a_plan(old_revision="web:1", old_tag="1.4.0"))
        harness.end(deploy, outcome=Outcome.SUCCEEDED, ecs={"new_revision": revision})
        harness.clock.value += 1

    by_bob, by_alice = (open_home(harness, groups, user, [service]) for user in (BOB, ALICE))

    newest = next(line for line in by_bob if ":white_check_mark:" in line)
    assert newest.endswith("[Roll back to 1.4.0]")
    assert str(by_bob).count("Roll back to") == 1
    assert "Roll back" not in str(by_alice)


def test_the_services_that_somebody_deploys_most_come_first(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    services = [a_service(name) for name in ("a", "b", "c", "d")]
    for number, name in enumerate(("d", "b", "c", "c")):
        harness.request(service=a_service(name), tag=f"1.{number}.0")
    for number in range(3):
        harness.request(service=a_service("a"), tag=f"2.{number}.0", request={"requester": BOB})

    lines = open_home(harness, groups, services=services)

    shown = [line for line in lines if line.endswith(" [Deploy]")]
    assert shown == ["`c` [Deploy]", "`b` [Deploy]", "`d` [Deploy]", "`a` [Deploy]"]


def test_a_tab_reads_what_it_shows_and_says_how_many_more_there_are(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    read = []
    for most in (20, 60):
        harness.redis.flushall()
        for number in range(most):
            for patch in range(ENDED_OF_A_SERVICE):
                ended = harness.request(
                    service=a_service(f"s{number}"),
                    plan=a_plan(old_revision="web:1"),
                    tag=f"1.{number}.{patch}",
                )
                harness.end(ended, outcome=Outcome.SUCCEEDED, ecs={"new_revision": f"web:{patch}"})
                harness.clock.value += 1
            running = harness.request(service=a_service(f"s{number}"), tag=f"2.{number}.0")
            harness.change(running, phase=Phase.FOLLOWING)
            harness.request(service=a_service(f"s{number}"), tag=f"3.{number}.0")
        known = {f"s{number}": a_service(f"s{number}") for number in range(most)}
        catalogue, access = Catalogue(known), access_to(known.values(), groups, harness.clock())

        def open_tab(catalogue: Catalogue = catalogue, access: Access = access) -> bool:
            now = harness.clock()
            publisher = a_home_publisher(harness.client, harness.redis, catalogue, access, now)
            return publisher.publish(ALICE, TEAM)

        assert open_tab()  # the scripts are known then
        read.append(commands_of(harness.redis, open_tab))

        lines = shown_lines(harness, ALICE)
        rest = [line for line in lines if line.startswith("And ")]
        more = [most - RUNNING_SHOWN, most - WAITING_SHOWN]
        assert rest == [f"And {each} more: `/deploy status` lists them." for each in more]

    assert read[1] == read[0]
    # Of each that waits: itself, what is before it, and how long the deploys of its service took.
    waiting = WAITING_SHOWN * (1 + 1 + ENDED_OF_A_SERVICE + 2)
    assert read[0]["hmget"] <= RUNNING_SHOWN + waiting + RECENT_SHOWN * (1 + OFFER_PAGE)


def test_a_version_before_that_nothing_tells_of_is_not_looked_for_long(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    most = DEPLOYS_READ + 2
    for number in range(most):
        ended = harness.request(tag=f"1.{number}.0", plan=a_plan(old_revision="web:99"))
        harness.end(ended, outcome=Outcome.REFUSED if number < most - 1 else Outcome.SUCCEEDED)
        harness.clock.value += 1
    publisher = home_publisher(harness, groups, [a_service()])

    read = commands_of(harness.redis, lambda: publisher.publish(ALICE, TEAM))

    assert read["hmget"] == RECENT_SHOWN + DEPLOYS_READ


def test_a_lock_can_be_ended_by_its_owner_and_broken_by_those_who_may(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    service = a_service(may_override=(BOB,))
    Locks(harness.redis).take(a_lock(), AuditEntry(at="0", who=ALICE, what="locked"))

    shown = [open_home(harness, groups, user, [service])[3] for user in (ALICE, BOB, CAROL)]

    assert [line.partition("graphs.")[2] for line in shown] == [" [Unlock]", " [Break the lock]", ""]


def test_a_freeze_now_and_the_next_one_of_your_services_are_shown(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    services = [
        a_service("web", freezes=(a_freeze(NOW - 60, reason="the audit"),)),
        a_service("api", freezes=(a_freeze(NOW + 3600),)),
    ]

    lines = open_home(harness, groups, services=services)

    assert lines[2] == "Locked and frozen"
    assert lines[3].startswith(":snowflake: `web` is frozen until ")
    assert lines[4].startswith(":snowflake: `api` will be frozen from ")


@pytest.mark.parametrize(("user", "button"), [(BOB, "[Resume all]"), (CAROL, "on.")])
def test_those_who_may_can_resume_all_deploys(
    harness: PublisherHarness, groups: UserGroups, user: str, button: str
) -> None:
    stop = StopAll(
        id="k3m9p2qr", user=ALICE, reason="an incident", since=NOW, channel="C01DEPLOYS", team=TEAM
    )
    StopAllStore(harness.redis).stop(stop, AuditEntry(at="0", who=ALICE, what="all deploys stopped"))

    assert open_home(harness, groups, user, [a_service(may_override=(BOB,))])[0].endswith(button)
    sees_nothing = [a_service(deployers=(ALICE,), approvers=(ALICE,))]
    assert "an incident" not in str(open_home(harness, groups, CAROL, sees_nothing))


@pytest.mark.parametrize(("user", "offered"), [(BOB, True), (CAROL, False)])
def test_a_channel_that_nobody_has_asked_in_lately_takes_no_button_away(
    harness: PublisherHarness,
    groups: UserGroups,
    monkeypatch: pytest.MonkeyPatch,
    user: str,
    offered: bool,
) -> None:
    """What kind of channel it is, is read when somebody presses."""
    monkeypatch.setattr(KnownDirectory, "channel", lambda *asked: None)
    service = a_service(may_override=(BOB,), may_roll_back=(BOB,), deployers=(BOB, CAROL))
    stop = StopAll(
        id="k3m9p2qr", user=ALICE, reason="an incident", since=NOW, channel="C01DEPLOYS", team=TEAM
    )
    StopAllStore(harness.redis).stop(stop, AuditEntry(at="0", who=ALICE, what="stopped"))
    Locks(harness.redis).take(a_lock(), AuditEntry(at="0", who=ALICE, what="locked"))
    for tag, revision in (("1.4.0", "web:1"), ("1.4.1", "web:2")):
        deploy = harness.request(service=service, tag=tag, plan=a_plan(old_revision="web:1", old_tag="1.4.0"))
        harness.end(deploy, outcome=Outcome.SUCCEEDED, ecs={"new_revision": revision})
        harness.clock.value += 1

    lines = str(open_home(harness, groups, user, [service]))

    for button in ("[Resume all]", "[Break the lock]", "[Roll back to 1.4.0]"):
        assert (button in lines) is offered


@pytest.mark.parametrize(
    ("user", "deploy", "needed"),
    [
        (BOB, question(), True),
        (DAVE, question(), True),  # by the group
        (CAROL, question(), False),
        (ALICE, question(), False),
        (BOB, question(request={"requester": BOB}), False),
        (
            BOB,
            question(request={"requester": BOB}).evolve(service=a_stop_start_service(self_approval=True)),
            True,
        ),
        (BOB, question(cancel=Cancel(user=ALICE, at=NOW)), False),
        (
            BOB,
            question(approval={"decisions": (Decision(user=DAVE, verdict=Verdict.APPROVED, at=NOW),)}),
            False,
        ),
        (
            BOB,
            question(approval={"decisions": (Decision(user=DAVE, verdict=Verdict.REJECTED, at=NOW),)}),
            False,
        ),
        (BOB, question().evolve(phase=Phase.FOLLOWING), False),
    ],
)
def test_who_is_needed(groups: UserGroups, user: str, deploy: Deploy, needed: bool) -> None:
    assert may_answer(deploy, user, access_to([deploy.service], groups, NOW), NOW) is needed


def test_somebody_who_answered_is_not_needed_again(groups: UserGroups) -> None:
    half = question(approval={"decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW),)})
    half = half.evolve(service=a_stop_start_service(approvals=2, approvers=(BOB, APPROVERS)))

    assert not may_answer(half, BOB, access_to([half.service], groups, NOW), NOW)
    assert may_answer(half, DAVE, access_to([half.service], groups, NOW), NOW)


def test_an_unknown_user_group_needs_nobody(groups: UserGroups) -> None:
    assert not may_answer(
        question(), DAVE, access_to([question().service], groups, NOW + 10_000), NOW + 10_000
    )


def test_a_thousand_deploys_stay_within_slacks_blocks() -> None:
    asked = [question(request={"requester": CAROL}, tag="9" * 128) for _ in range(1000)]
    lock = Lock(
        id="k3m9p2qr",
        target="web",
        services=("web",),
        owner=ALICE,
        reason="x",
        since=NOW,
        channel="C1",
        team=TEAM,
    )
    freeze = ServiceFreeze("web", "the audit", NOW + 60)
    stop = StopAll(id="k3m9p2qr", user=ALICE, reason="x", since=NOW, channel="C1", team=TEAM)
    content = HomeContent(
        needs_you=asked,
        running=asked,
        waiting=[WaitingDeploy(each) for each in asked],
        recent=[EndedRow(each, RollbackOffer("k3m9p2qr", "1.4.0")) for each in asked[:10]],
        locks=[LockRow(lock, is_own=True)] * 1000,
        freezes=[freeze] * 1000,
        freezes_soon=[("web", NOW)] * 1000,
        usual=["service"] * 6,
        lost_deploys=["lost"] * 1000,
        stopped=stop,
        may_resume=True,
        links={each.thread_id: "https://example.slack.com/" + "p" * 200 for each in asked},
    )

    view = home_view(content, NOW)

    assert check_view(view) == []
    assert len(view["blocks"]) <= 100
    assert "And 985 more: `/deploy status` lists them." in str(view)
    assert f"And {4 * (1000 - LOCKS_SHOWN)} more: `/deploy status` lists them." in str(view)


def test_deploys_of_different_services_do_not_queue(harness: PublisherHarness, groups: UserGroups) -> None:
    harness.request(service=a_service("api"))
    harness.request(service=a_service("web"))

    assert sum("queued, starts now" in line for line in open_home(harness, groups)) == 2


def test_a_deploy_in_its_last_check_counts_as_ended(harness: PublisherHarness, groups: UserGroups) -> None:
    deploy = harness.request(tag="1.4.0")
    harness.change(deploy, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=NOW)

    lines = open_home(harness, groups)

    assert "Running" not in lines
    assert "*web* `1.4.0`" in lines[lines.index("Latest") + 1]
