"""The Home tab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from redis import Redis
from structlog.testing import capture_logs

from deploys.access import Access, Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.records.approval import Cancel, Decision, Verdict
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.stores.user_groups import UserGroups
from sandbox.slack import SlackSandbox
from sandbox.slack.blockkit.view_limits import check_view
from tests.builders import NOW, a_deploy, a_plan, a_service, a_stop_start_service
from tests.slack_directory import TEAM, KnownDirectory
from tests.workers.thread.publisher_harness import ManualClock, PublisherHarness
from workers.home_tab import deploy_row, home_view, may_answer, publish_home

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
ALICE, BOB, CAROL, DAVE = "U01ALICE00", "U02BOB0000", "U03CAROL00", "U04DAVE000"
APPROVERS = "S02APPROVERS"


@pytest.fixture
def harness(redis: Redis) -> Iterator[PublisherHarness]:
    with SlackSandbox(MANIFEST, rate_limits=False) as slack:
        yield PublisherHarness(redis, slack, ManualClock())


@pytest.fixture
def groups(redis: Redis) -> UserGroups:
    known = UserGroups(redis)
    known.save_members(APPROVERS, [BOB, DAVE], NOW)
    return known


def access_to(deploys: Sequence[Deploy], groups: UserGroups, now: float) -> Access:
    """By a catalogue that has the services of these deploys."""
    services = {deploy.service.name: deploy.service for deploy in deploys}
    return Access(Catalogue(services), groups, KnownDirectory(groups._redis), now=lambda: now)


def open_home(harness: PublisherHarness, groups: UserGroups, user: str = ALICE) -> list[str]:
    """The lines of the tab as this user sees them."""
    access = access_to(harness.store.active(), groups, harness.clock())
    assert publish_home(
        harness.client, harness.store, harness.threads, access, Asker(user, TEAM, ""), harness.clock()
    )
    view = harness.slack.home(user)
    assert view is not None
    lines = []
    for block in view["blocks"]:
        text = block["elements"][0] if block["type"] == "context" else block["text"]
        lines.append(text["text"])
    return lines


def question(**changes: object) -> Deploy:
    service = a_stop_start_service(approvers=(BOB, APPROVERS))
    asked = a_deploy(service, phase=Phase.AWAITING_APPROVAL, approval={"question": 1}, plan=a_plan())
    return asked.evolve(**changes)


DATE = "<!date^1790000000^{date_short_pretty} {time}|2026-09-21 14:13 UTC>"
AS_OF = f"As of {DATE}. Reopen this tab to refresh it."


def test_a_quiet_day(harness: PublisherHarness, groups: UserGroups) -> None:
    assert open_home(harness, groups) == [
        "Needs you",
        "Nothing waits for your answer.",
        "In progress",
        "Nothing is in progress. `/deploy SERVICE TAG` starts a deploy.",
        "Recent",
        "No deploy has ended yet.",
        AS_OF,
    ]


def test_what_needs_you_what_is_in_progress_and_what_ended_recently(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    old = harness.request(tag="1.4.0")
    harness.end(old, outcome=Outcome.SUCCEEDED)
    first = harness.request(tag="1.4.1")
    harness.clock.value += 1
    harness.change(first, phase=Phase.FOLLOWING)
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

    assert lines[:3] == ["Needs you", f"{asked} <{link}|Open the thread>", "In progress"]
    assert lines[3] == (
        f":arrows_counterclockwise: *web* `1.4.1` on production by <@{ALICE}>: *rolling out*. "
        f"<{links[1]}|Open the thread>"
    )
    assert lines[4].startswith(
        f":hourglass: *web* `1.4.2` on production by <@{BOB}>: *queued behind `1.4.1` by <@{ALICE}>*."
    )
    assert lines[5:7] == [f"{asked} <{link}|Open the thread>", "Recent"]
    assert lines[7] == (
        f":white_check_mark: *web* `1.4.0` on production by <@{ALICE}>: *succeeded*. "
        f"{DATE}. <{links[0]}|Open the thread>"
    )


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
    assert may_answer(deploy, user, access_to([deploy], groups, NOW), NOW) is needed


def test_somebody_who_answered_is_not_needed_again(groups: UserGroups) -> None:
    half = question(approval={"decisions": (Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW),)})
    half = half.evolve(service=a_stop_start_service(approvals=2, approvers=(BOB, APPROVERS)))

    assert not may_answer(half, BOB, access_to([half], groups, NOW), NOW)
    assert may_answer(half, DAVE, access_to([half], groups, NOW), NOW)


def test_an_unknown_user_group_needs_nobody(groups: UserGroups) -> None:
    assert not may_answer(question(), DAVE, access_to([question()], groups, NOW + 10_000), NOW + 10_000)


def test_a_thousand_deploys_stay_within_slacks_blocks() -> None:
    asked = [question(request={"requester": CAROL}, tag="9" * 128) for _ in range(1000)]

    link = "https://example.slack.com/" + "p" * 200
    view = home_view(asked, asked, asked, lambda deploy: deploy_row(deploy, asked, link), NOW)

    assert check_view(view) == []
    assert len(view["blocks"]) <= 100
    assert "And 975 more: `/deploy status` lists them." in str(view)


def test_a_home_tab_that_slack_refuses_is_logged(harness: PublisherHarness, groups: UserGroups) -> None:
    harness.slack.add_fault("error", method="views.publish", error="not_enabled", times=2)

    with capture_logs() as logs:
        access = access_to([], groups, NOW)
        assert not publish_home(
            harness.client, harness.store, harness.threads, access, Asker(ALICE, TEAM, ""), NOW
        )

    assert [(log["event"], log["error"]) for log in logs] == [("no Home tab", "not_enabled")]


@pytest.mark.parametrize("error", ["view_too_large", "invalid_arguments", "as_yet_unheard_of"])
def test_a_home_tab_that_slack_refuses_is_shown_with_fewer_deploys(
    harness: PublisherHarness, groups: UserGroups, error: str
) -> None:
    for number in range(30):
        harness.request(service=a_service(f"service-{number}"))
    harness.slack.add_fault("error", method="views.publish", error=error)

    lines = open_home(harness, groups)

    assert lines.count("And 25 more: `/deploy status` lists them.") == 1
    assert sum("*service-" in line for line in lines) == 5


def test_deploys_of_different_services_do_not_queue(harness: PublisherHarness, groups: UserGroups) -> None:
    harness.request(service=a_service("api"))
    harness.request(service=a_service("web"))

    assert sum("queued, starts now" in line for line in open_home(harness, groups)) == 2


def test_a_deploy_in_its_last_check_counts_as_ended(harness: PublisherHarness, groups: UserGroups) -> None:
    deploy = harness.request(tag="1.4.0")
    harness.change(deploy, phase=Phase.SETTLING, outcome=Outcome.SUCCEEDED, ended_at=NOW)

    lines = open_home(harness, groups)

    assert lines[2:5] == [
        "In progress",
        "Nothing is in progress. `/deploy SERVICE TAG` starts a deploy.",
        "Recent",
    ]
    assert "*web* `1.4.0`" in lines[5]
