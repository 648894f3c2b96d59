"""When a Home tab is sent again, and what if Slack refuses it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from deploys.records.phases import Phase
from deploys.stores import redis_keys
from deploys.stores.home_viewers import OPEN_SECONDS, HomeViewers
from deploys.stores.user_groups import UserGroups
from tests.builders import NOW, a_service
from tests.slack_directory import TEAM
from tests.workers.home.home_harness import ALICE, BOB, home_publisher, open_home, shown_lines
from tests.workers.thread.publisher_harness import PublisherHarness
from workers.home.publishing import TABS_PER_RUN


def test_open_tabs_are_kept_current_and_nothing_is_sent_that_is_shown_already(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    services = [a_service()]
    for user in (ALICE, BOB):
        open_home(harness, groups, user, services)
    harness.clock.value += 60
    home_publisher(harness, groups, services).refresh()
    assert harness.call_count("views.publish") == 2

    harness.change(harness.request(tag="1.4.1"), phase=Phase.UPDATING)
    home_publisher(harness, groups, services).refresh()

    assert harness.call_count("views.publish") == 4
    assert "Running" in shown_lines(harness, ALICE)
    assert "Running" in shown_lines(harness, BOB)


def test_a_tab_that_was_opened_long_ago_costs_nothing(harness: PublisherHarness, groups: UserGroups) -> None:
    open_home(harness, groups)
    harness.clock.value += OPEN_SECONDS + 1
    harness.request(tag="1.4.1")

    home_publisher(harness, groups).refresh()

    assert harness.call_count("views.publish") == 1
    assert not harness.redis.hlen(redis_keys.HOME_SHOWN)


def test_many_open_tabs_are_updated_in_turn_within_the_limits(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    users = [f"U{number:09}" for number in range(30)]
    viewers = HomeViewers(harness.redis)
    for user in users:
        viewers.opened(user, TEAM, NOW)

    rounds = 0
    while harness.call_count("views.publish") < len(users) and rounds < 30:
        before = harness.call_count("views.publish")
        home_publisher(harness, groups).refresh()
        assert harness.call_count("views.publish") - before <= TABS_PER_RUN
        harness.clock.value += 10
        rounds += 1

    assert harness.call_count("views.publish") == len(users)
    assert 2 <= rounds < 30


def test_a_refused_tab_is_not_sent_again_until_it_changes(
    harness: PublisherHarness, groups: UserGroups
) -> None:
    harness.slack.add_fault("error", method="views.publish", error="not_enabled", times=2)
    assert not home_publisher(harness, groups).publish(ALICE, TEAM)

    home_publisher(harness, groups).refresh()

    assert harness.call_count("views.publish") == 2


def test_a_home_tab_that_slack_refuses_is_logged(harness: PublisherHarness, groups: UserGroups) -> None:
    harness.slack.add_fault("error", method="views.publish", error="not_enabled", times=2)

    with capture_logs() as logs:
        assert not home_publisher(harness, groups).publish(ALICE, TEAM)

    assert [(log["event"], log["error"]) for log in logs] == [("no Home tab", "not_enabled")]


@pytest.mark.parametrize("error", ["view_too_large", "invalid_arguments", "as_yet_unheard_of"])
def test_a_home_tab_that_slack_refuses_is_shown_with_fewer_deploys(
    harness: PublisherHarness, groups: UserGroups, error: str
) -> None:
    for number in range(12):
        harness.change(harness.request(service=a_service(f"service-{number}")), phase=Phase.UPDATING)
    harness.slack.add_fault("error", method="views.publish", error=error)

    lines = open_home(harness, groups)

    assert lines.count("And 7 more: `/deploy status` lists them.") == 1
    assert sum("*service-" in line for line in lines) == 5
