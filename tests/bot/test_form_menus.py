"""What the menus of the form offer."""

from __future__ import annotations

from typing import Any

import pytest

from bot import form_listeners
from bot.forms.options import service_options
from deploys.catalogue.catalogue import Catalogue
from deploys.stores.tag_lists import ListedTag, TagList
from tests.bot.bot_harness import (
    CAROL,
    DEPLOYS_CHANNEL,
    BotHarness,
)
from tests.bot.form_harness import (
    FormHarness,
    asked,
    read,
)
from tests.builders import a_service


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["web", "api", "ledger"]),
        ("Production", ["web", "api", "ledger"]),
        ("led", ["ledger"]),
        ("E", ["web", "api", "ledger"]),
        ("nothing", []),
    ],
)
def test_services_are_found_by_a_part_of_their_name_or_place(
    bot: BotHarness, form: FormHarness, typed: str, offered: list[str]
) -> None:
    bot.type("/deploy")

    assert form.search("service", typed) == [f"{name} | production, eu-west-1" for name in offered]


def test_services_whose_name_begins_with_what_was_typed_come_first() -> None:
    services = (a_service("blue-web"), a_service("api"), a_service("web"))

    found = service_options(Catalogue({each.name: each for each in services}), "we")

    assert [each["value"] for each in found] == ["web", "blue-web", "api"]


def test_only_services_are_offered_that_the_person_may_deploy_there(bot: BotHarness) -> None:
    carol = FormHarness(bot, CAROL)
    bot.type("/deploy", by=CAROL)

    assert carol.search("service") == ["api | production, eu-west-1"]


def test_tags_are_offered_newest_first_with_when_they_were_pushed_and_where_they_run(
    bot: BotHarness, form: FormHarness
) -> None:
    form.know_tags("web", "1.5.0", "1.4.2", "1.4.1")
    form.know_tags("api", "1.4.2", repository="registry/web")
    form.know_tags("ledger", "1.5.0", repository="registry/ledger")
    bot.type("/deploy web")

    assert form.search("tag") == [
        "1.5.0 · pushed 1 h ago",
        "1.4.2 · pushed 2 h ago | runs now as api (production)",
        "1.4.1 · pushed 3 h ago | runs now as web (production)",
    ]
    assert form.search("tag", ".4.") == [
        "1.4.2 · pushed 2 h ago | runs now as api (production)",
        "1.4.1 · pushed 3 h ago | runs now as web (production)",
    ]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("1.3.9", ["1.3.9 | as typed; not in the list"]),
        ("1.4.2", ["1.4.2 · pushed 1 h ago | runs now as web (production)"]),
        ("not a tag", []),
    ],
)
def test_a_tag_that_is_not_in_the_list_can_be_typed(
    bot: BotHarness, form: FormHarness, typed: str, offered: list[str]
) -> None:
    form.know_tags("web", "1.4.2")
    bot.type("/deploy web")

    assert form.search("tag", typed) == offered


def test_slacks_limits_hold_for_many_long_tags(bot: BotHarness, form: FormHarness) -> None:
    form.know_tags("web", *(f"{number}-{'x' * 100}" for number in range(300)))
    bot.type("/deploy web")

    offered = form.options("tag", "x")

    assert len(offered) == 99  # the last is what was typed
    assert all(len(each["text"]["text"]) <= 75 and len(each["value"]) <= 150 for each in offered)
    assert offered[0]["text"]["text"].endswith("… · pushed 1 h ago")


def test_unknown_tags_are_read_by_a_worker_before_other_jobs_and_waited_for(
    bot: BotHarness, form: FormHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.type("/deploy tags api")
    bot.type("/deploy web")
    assert [job for job, _ in bot.queued_jobs()][:2] == ["read_tags", "answer_tags"]
    monkeypatch.setattr(form_listeners, "POLL_SECONDS", 0.0)
    find = bot.context.tag_lists.find
    looks: list[str] = []

    def answered_later(service: str, now: float) -> TagList | None:
        looks.append(service)
        if len(looks) == 3:
            form.know_tags("web", "1.4.2")
        return find(service, now)

    monkeypatch.setattr(bot.context.tag_lists, "find", answered_later)

    assert form.search("tag") == ["1.4.2 · pushed 1 h ago | runs now as web (production)"]


def test_a_worker_that_is_late_is_not_waited_for(
    bot: BotHarness, form: FormHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_listeners, "ANSWER_SECONDS", 0.0)
    bot.type("/deploy web")

    assert form.search("tag") == ["Reading the tags of web | Search again, or type the tag in full."]
    assert form.search("tag", "1.4.2") == [
        "1.4.2 | as typed; not in the list",
        "Reading the tags of web | Search again, or type the tag in full.",
    ]


def test_tags_that_cannot_be_read_any_more_are_offered_with_their_age(
    bot: BotHarness, form: FormHarness
) -> None:
    tag = ListedTag(tag="1.4.2", digest="sha256:1", pushed_at=bot.clock() - 3600)
    bot.context.tag_lists.save("web", TagList(read_at=bot.clock() - 120, tags=(tag,), unreadable=True))
    bot.type("/deploy web")

    assert form.search("tag") == [
        "1.4.2 · pushed 1 h ago",
        "The tags of web cannot be read now | These were read 2 min ago. A newer one can be typed in full.",
    ]


@pytest.mark.parametrize(
    ("known", "offered"),
    [
        (
            {"unreadable": True},
            "The tags of web cannot be read | Type it in full. /deploy tags web says why.",
        ),
        ({"tags": ()}, "The image of web has no tag | Type one in full."),
    ],
)
def test_a_list_without_tags_says_why(
    bot: BotHarness, form: FormHarness, known: dict[str, Any], offered: str
) -> None:
    bot.context.tag_lists.save("web", TagList(read_at=bot.clock(), **known))
    bot.type("/deploy web")

    assert form.search("tag") == [offered]
    answer = form.submit(service="web", tag=form.options("tag")[0]["value"])
    assert answer["errors"] == {"tag:web": "Choose a tag, or type it in full."}


@pytest.mark.parametrize(("age", "again"), [(10.0, False), (30.0, True)])
def test_an_old_list_is_shown_and_read_again(
    bot: BotHarness, form: FormHarness, age: float, again: bool
) -> None:
    form.know_tags("web", "1.4.2", age=age)
    bot.type("/deploy web")
    bot.clear_jobs()

    assert form.search("tag") == ["1.4.2 · pushed 1 h ago | runs now as web (production)"]
    assert (("read_tags", ["web"]) in bot.queued_jobs()) == again


def test_choosing_a_service_changes_the_form_to_its_tags_and_channel(
    bot: BotHarness, form: FormHarness
) -> None:
    form.choose_shortcut()
    assert form.search("tag") == ["Choose the service first"]

    form.choose_service("ledger")

    [call] = form.views.updated
    assert (call["view_id"], call["hash"]) == ("V1", "1.a")
    assert read(call["view"])[:4] == [
        "Service: ledger",
        "`ledger` (stop-start, which means downtime; needs 1 approval)",
        "Tag:",
        "Why:",
    ]
    assert read(call["view"])[4] == f"Channel: {DEPLOYS_CHANNEL}"
    form.know_tags("ledger", "2.0.0", repository="registry/ledger")
    assert form.search("tag") == ["2.0.0 · pushed 1 h ago | runs now as ledger (production)"]


def test_the_menus_of_another_versions_form_work_and_choosing_a_service_repairs_it(
    bot: BotHarness, form: FormHarness
) -> None:
    bot.type("/deploy")
    form.views.opened[-1]["view"]["private_metadata"] = '{"somewhere": 1}'

    assert form.search("service", "led") == ["ledger | production, eu-west-1"]
    form.choose_service("ledger")

    assert f"Channel: {DEPLOYS_CHANNEL}" in read(form.shown)
    assert form.submit(service="ledger", tag="1.4.2") == {}
    assert asked(bot) == (DEPLOYS_CHANNEL, None, False)


def test_a_service_that_may_not_be_deployed_changes_nothing(bot: BotHarness) -> None:
    carol = FormHarness(bot, CAROL)
    bot.type("/deploy", by=CAROL)

    carol.choose_service("web")

    assert carol.views.updated == []
