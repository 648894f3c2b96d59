"""services.yml is read again when it changes; while it is wrong, what it said before stays in force."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from unittest import mock

import pytest
from structlog.testing import capture_logs

from deploys.catalogue import catalogue_file
from deploys.catalogue.catalogue import load_catalogue
from deploys.catalogue.catalogue_file import (
    MAX_PROBLEMS_LOGGED,
    RECHECK_SECONDS,
    STILL_SECONDS,
    CatalogueFile,
    look_regularly,
)
from deploys.errors import CatalogueInvalid
from tests.deploys.catalogue.services_yml import one_service
from tests.reported_metrics import reported_metrics

NOW = 1_900_000_000.0
"""Later than the file system's own times, so that what changed counts as settled."""
CALENDAR = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def with_approvals(count: int) -> str:
    return one_service(f"approvals: {count}\napprovers: [S02APPROVERS]\ndeployers: everyone")


class Clock:
    time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "services.yml"
    path.write_text(with_approvals(1))
    return path


@pytest.fixture
def file(path: Path, clock: Clock) -> CatalogueFile:
    return CatalogueFile(path, {}, now=clock)


def approvals(file: CatalogueFile) -> int:
    return file.current().get_service("web").approvals


def overwrite(path: Path) -> None:
    path.write_text(with_approvals(2))


def replace_by_rename(path: Path) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(with_approvals(2))
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    os.utime(fresh, ns=times)  # as `cp -p` and rsync do
    fresh.rename(path)


def swap_symbolic_link(path: Path) -> None:
    """As Kubernetes changes a ConfigMap: the file is a link into a folder that is itself a link."""
    folder = path.parent / "..2026"
    folder.mkdir()
    (folder / "services.yml").write_text(with_approvals(2))
    link = path.parent / "..data_tmp"
    link.symlink_to(folder)
    link.rename(path.parent / "..data")


def link_into_folder(path: Path) -> None:
    folder = path.parent / "..2025"
    folder.mkdir()
    path.rename(folder / "services.yml")
    (path.parent / "..data").symlink_to(folder)
    path.symlink_to(Path("..data") / "services.yml")


@pytest.mark.parametrize("change", [overwrite, replace_by_rename, swap_symbolic_link])
def test_a_change_is_noticed_however_it_is_made(
    path: Path, clock: Clock, change: Callable[[Path], None]
) -> None:
    if change is swap_symbolic_link:
        link_into_folder(path)
    file = CatalogueFile(path, {}, now=clock)
    before = file.current()
    assert file.current() is before, "nothing has changed"

    with capture_logs() as logs:
        change(path)
        after = file.current()
        assert file.current() is after

    assert (before.get_service("web").approvals, after.get_service("web").approvals) == (1, 2)
    assert after.version == load_catalogue(path, {}).version != before.version
    told = {"file": str(path), "version": after.version, "was": before.version, "log_level": "info"}
    assert logs == [{"event": "services.yml was read again", **told}]


def test_an_edit_within_the_same_tick_of_the_file_system_is_noticed(
    file: CatalogueFile, path: Path, clock: Clock
) -> None:
    """The same size, inode and time: nothing but the text differs."""
    path.write_text(with_approvals(2))
    found = path.stat()
    clock.time = found.st_mtime + 1
    with mock.patch.object(Path, "stat", return_value=found):
        assert [approvals(file), approvals(file)] == [2, 2]
        path.write_text(with_approvals(3))

        assert approvals(file) == 3


def test_what_has_not_changed_costs_a_look_and_no_reading(file: CatalogueFile) -> None:
    before = file.current()

    with mock.patch.object(Path, "read_bytes", side_effect=AssertionError("read again")):
        assert file.current() is before


def test_a_change_counts_once_the_file_is_still(file: CatalogueFile, path: Path, clock: Clock) -> None:
    """Half of this file is right, too, and needs no approval."""
    text = with_approvals(2)
    path.write_text(text.partition("    approvals")[0] + "    deployers: everyone\n")
    clock.time = path.stat().st_mtime + STILL_SECONDS / 2
    assert approvals(file) == 1

    path.write_text(text)
    clock.time = path.stat().st_mtime + STILL_SECONDS / 2
    assert approvals(file) == 1

    clock.time += STILL_SECONDS
    assert approvals(file) == 2


def test_a_file_whose_time_lies_ahead_counts_once_it_was_seen_for_a_while(
    file: CatalogueFile, path: Path, clock: Clock
) -> None:
    path.write_text(with_approvals(2))
    os.utime(path, (NOW + 3600, NOW + 3600))
    assert approvals(file) == 1

    clock.time += STILL_SECONDS
    assert approvals(file) == 2


MISTAKES = "services:\n  web:\n    aprovals: 1\n"


@pytest.mark.parametrize(
    ("break_it", "mistakes", "told"),
    [
        (lambda path: path.write_text(with_approvals(99)), 1, "has 1 mistake"),
        (lambda path: path.write_text(""), 1, "has 1 mistake"),
        (lambda path: path.write_text(with_approvals(2)[:70] + '"'), 1, "has 1 mistake"),
        (lambda path: path.unlink(), 0, "cannot be read"),
    ],
    ids=["wrong", "empty", "cut off", "gone"],
)
def test_a_file_that_cannot_be_used_leaves_the_old_one_in_force_and_says_so_once(
    file: CatalogueFile,
    path: Path,
    clock: Clock,
    break_it: Callable[[Path], object],
    mistakes: int,
    told: str,
) -> None:
    version = file.current().version
    break_it(path)

    with capture_logs() as logs:
        file.current()
        clock.time += STILL_SECONDS
        since = clock.time if not mistakes else NOW
        found = file.current()
        for _ in range(3):
            clock.time += RECHECK_SECONDS
            assert file.current() is found

    assert (approvals(file), found.version) == (1, version)
    assert found.rejected is not None
    assert (found.rejected.mistakes, found.rejected.since) == (mistakes, since)
    assert found.rejected.sentence(version, lambda at: "THEN") == (
        f":warning: `services.yml` was changed (THEN) and {told}, so what it said before (version "
        f"`{version}`) stays in force. `slipway check` and the log say what is wrong."
    )
    [line] = logs
    assert line["event"] == "services.yml cannot be used, so what it said before stays in force"
    assert (line["log_level"], line["version"], line["file"]) == ("error", version, str(path))
    assert line["problems"].startswith(f"{path}")

    path.write_text(with_approvals(2))
    clock.time += 1
    assert approvals(file) == 2
    assert file.current().rejected is None


def test_the_metrics_tell_of_a_file_that_cannot_be_used_until_it_can_be(
    file: CatalogueFile, path: Path, clock: Clock
) -> None:
    with reported_metrics("web") as reports, capture_logs():
        told = []
        for text in (with_approvals(1), MISTAKES, with_approvals(2), MISTAKES, with_approvals(2)):
            path.write_text(text)
            clock.time += 1
            file.current()
            told.append(reports.read()["slipway_services_file_rejected"])

    assert told == [0, 1, 0, 1, 0]


def test_a_process_that_nobody_asks_for_anything_tells_of_a_wrong_file_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_file, "LOOK_SECONDS", 0.01)
    file, told = CatalogueFile(path, {}), Event()
    monkeypatch.setattr(catalogue_file.log, "error", lambda *_, **__: told.set())

    look_regularly(file.current, until=told)
    path.write_text(MISTAKES)

    assert told.wait(20)


def test_the_log_names_every_mistake_up_to_a_limit(file: CatalogueFile, path: Path) -> None:
    path.write_text(one_service("\n".join(f"wrong{each}: 1" for each in range(MAX_PROBLEMS_LOGGED + 5))))

    with capture_logs() as logs:
        file.current()

    problems = logs[0]["problems"].split(" | ")
    assert len(problems) == MAX_PROBLEMS_LOGGED + 1
    assert problems[1].startswith(f"{path}:5:5: services.web.wrong0: ")
    assert problems[-1] == "6 more"


def test_another_mistake_is_told_and_the_old_text_is_in_force_again_without_one(
    file: CatalogueFile, path: Path
) -> None:
    before = file.current()
    with capture_logs() as logs:
        for text in (MISTAKES, MISTAKES.replace("1", "2"), with_approvals(99), with_approvals(1)):
            path.write_text(text)
            after = file.current()
        path.write_text(with_approvals(99))
        file.current()

    assert [each["log_level"] for each in logs] == ["error", "error", "info", "error"]
    assert (after.version, after.rejected) == (before.version, None)


def test_a_calendar_beside_the_file_is_followed_too(path: Path, clock: Clock) -> None:
    path.write_text(one_service("freezes: [{calendar: x.ics}]\ndeployers: everyone"))
    calendar = path.parent / "x.ics"
    calendar.write_text(CALENDAR.format(day="20261224"))
    file = CatalogueFile(path, {}, now=clock)

    def frozen_from() -> str:
        [[window]] = file.current().calendars.values()
        return window.starts

    assert frozen_from() == "2026-12-24T00:00:00"
    calendar.write_text(CALENDAR.format(day="20261226"))
    assert frozen_from() == "2026-12-26T00:00:00"

    calendar.unlink()
    file.current()
    clock.time += STILL_SECONDS
    assert frozen_from() == "2026-12-26T00:00:00"
    assert file.current().rejected is not None


def test_a_file_is_right_once_the_calendar_that_it_names_is_there(
    file: CatalogueFile, path: Path, clock: Clock
) -> None:
    path.write_text(one_service("freezes: [{calendar: x.ics}]\ndeployers: everyone"))
    assert file.current().rejected is not None
    (path.parent / "x.ics").write_text(CALENDAR.format(day="20261224"))
    assert file.current().rejected is not None

    clock.time += RECHECK_SECONDS

    assert file.current().rejected is None
    assert len(file.current().calendars) == 1


def test_what_changes_while_it_is_read_is_read_again(path: Path, clock: Clock) -> None:
    def load_and_change(*args: object) -> object:
        found = load_catalogue(path, {})
        if found.get_service("web").approvals == 2:
            path.write_text(with_approvals(3))
        return found

    file = CatalogueFile(path, {}, now=clock)
    path.write_text(with_approvals(2))
    with mock.patch.object(catalogue_file, "load_catalogue", load_and_change):
        assert approvals(file) == 2
        assert approvals(file) == 3


def test_a_process_does_not_start_with_a_wrong_file(path: Path) -> None:
    path.write_text(MISTAKES)

    with pytest.raises(CatalogueInvalid):
        CatalogueFile(path, {})
