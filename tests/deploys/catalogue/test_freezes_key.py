"""The key `freezes`: its mistakes with line and column, how lists are merged, calendars that are files."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploys.catalogue.catalogue import check_file, load_catalogue
from tests.deploys.catalogue.services_yml import check_yaml, list_problems, one_service

WEEKEND = "{starts: 2026-01-02, for: 2d, repeats: FREQ=WEEKLY, time_zone: UTC, reason: weekend}"
WINDOWS = "5:14: services.web.freezes"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            "freezes:",
            "5:5: services.web.freezes: there is no value; write a list of windows, or `[]` for none.",
        ),
        (
            "freezes: {starts: 2026-12-24}",
            f"{WINDOWS}: this is a mapping; write a list of windows, each with a hyphen before its "
            "first key.",
        ),
        (
            "freezes: [never]",
            "5:15: services.web.freezes[0]: `never` is text; write keys and values, such as `- starts: ...`.",
        ),
        (
            "freezes: [{reason: x}]",
            "5:15: services.web.freezes[0]: nothing says when; write `starts`, or `calendar`.",
        ),
        (
            "freezes: [{start: 2026-12-24}]",
            "5:16: services.web.freezes[0].start: there is no such key. Did you mean `starts`?",
        ),
        (
            "freezes: [{starts: 2026-12-24}]",
            "5:15: services.web.freezes[0]: `time_zone` is missing; for example `time_zone: Europe/Berlin`.",
        ),
        (
            "freezes: [{starts: 2026-12-24, time_zone: UTC}]",
            "5:15: services.web.freezes[0]: `reason` is missing; for example `reason: Christmas`.",
        ),
        (
            "freezes: [{starts: 2026-12-24 10:00, time_zone: UTC, reason: x}]",
            "5:15: services.web.freezes[0]: nothing says when it ends; write `for` or `ends`.",
        ),
        (
            "freezes: [{starts: 2026-12-24, ends: 2026-12-23, time_zone: UTC, reason: x}]",
            "5:15: services.web.freezes[0]: it ends before it starts.",
        ),
        (
            "freezes: [{starts: 2026-12-24, for: 2h, ends: 2026-12-25, time_zone: UTC, reason: x}]",
            "5:15: services.web.freezes[0]: `for` and `ends` both say when it ends; leave one of them out.",
        ),
        (
            "freezes: [{starts: 2026-12-24, repeats: FREQ=DAYLY, time_zone: UTC, reason: x}]",
            "5:15: services.web.freezes[0]: `repeats` is not understood: `FREQ` has to be one of "
            "YEARLY, MONTHLY, "
            "WEEKLY, DAILY, HOURLY.",
        ),
        (
            "freezes: [{starts: '2026-12-24T10:00Z'}]",
            "5:24: services.web.freezes[0].starts: `2026-12-24T10:00Z` has an offset; write the local "
            "time without it, "
            "and its `time_zone`.",
        ),
        (
            "freezes: [{time_zone: Europe/Berlinn}]",
            "5:27: services.web.freezes[0].time_zone: `Europe/Berlinn` is not an IANA time zone; write "
            "one such as "
            "`Europe/Berlin`. Did you mean `Europe/Berlin`?",
        ),
        (
            "freezes: [{calendar: 'http://user:pw@a.example.com/x'}]",
            "5:26: services.web.freezes[0].calendar: a calendar is read only by `https://`; write its "
            "address so, or "
            "the path of an `.ics` file.",
        ),
        (
            "freezes: [{calendar: x.ics, starts: 2026-12-24}]",
            "5:15: services.web.freezes[0]: with `calendar` the events say when; leave `starts` out.",
        ),
        (
            "freezes: [{calendar: no/such.ics}]",
            "5:26: services.web.freezes[0].calendar: the calendar no/such.ics cannot be read (No such "
            "file or directory).",
        ),
    ],
)
def test_a_mistake_is_explained(lines: str, problem: str) -> None:
    assert list_problems(one_service(lines)) == [problem]


def test_a_services_own_list_replaces_the_default_and_an_empty_one_is_none() -> None:
    checked = check_yaml(
        f"""
        defaults:
          cluster: production
          region: eu-west-1
          freezes: [{WEEKEND}]
        services:
          web:
          api: {{freezes: []}}
          mail: {{freezes: [{{starts: 2026-12-24, time_zone: UTC, reason: Christmas}}]}}
        groups:
          all: {{services: [web, api], freezes: [{WEEKEND}, {WEEKEND}]}}
        """
    )

    assert checked.problems == ()
    reasons = {name: [each.reason for each in service.freezes] for name, service in checked.services.items()}
    assert reasons == {"web": ["weekend"], "api": [], "mail": ["Christmas"]}
    assert len(checked.service_groups["all"].freezes) == 2


def test_a_calendar_is_found_beside_the_file_and_an_unreadable_one_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "services.yml"
    file.write_text(
        one_service("freezes: [{calendar: x.ics, time_zone: Europe/Berlin}]\ndeployers: everyone")
    )
    (tmp_path / "x.ics").write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )

    [(key, [window])] = load_catalogue(file, {}).calendars.items()
    assert key == ("x.ics", "Europe/Berlin")
    assert (window.starts, window.ends) == ("2026-12-24T00:00:00", "2026-12-25T00:00:00")

    (tmp_path / "x.ics").write_text("Sign in")
    assert [str(each) for each in check_file(file, {}).problems] == [
        f"5:26: services.web.freezes[0].calendar: the calendar {tmp_path / 'x.ics'} cannot be used: "
        "it is not in the "
        "iCalendar format."
    ]


def test_a_record_does_not_keep_the_address_of_a_calendar() -> None:
    [service] = check_yaml(
        one_service("freezes: [{calendar: 'https://a.example.com/secret'}]")
    ).services.values()

    assert service.freezes
    assert "secret" not in service.model_dump_json()
