"""README.md and docs/ match the repository: the files that they name exist, and their commands are valid."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.commands import SUBCOMMANDS, parse, parse_mention
from deploys.records.phases import Phase

ROOT = Path(__file__).parents[1]
PAGES = (
    "README.md",
    "docs/architecture.md",
    "docs/operations.md",
    "docs/iam.md",
    "docs/deploys.md",
    "docs/audit.md",
    "docs/configuration.md",
    "docs/performance.md",
    "docs/security.md",
    "SECURITY.md",
)
USER_FILES = {"services.yml"}
BOT = "U0SLIPWAY"


def read_page(page: str) -> str:
    return (ROOT / page).read_text()


def heading_anchors(page: Path) -> set[str]:
    """The headings of a page as anchors, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_room_that_a_page_names_is_there(page: str) -> None:
    """A file named without its folder is in, or beside, the one named before it in the same line. A path from
    the root on is one of a user's machine."""
    missing = []
    for line in read_page(page).splitlines():
        room = ROOT
        for name in re.findall(r"`([\w./*-]+(?:\.(?:py|md|yml|lua|toml|lock|example)|/))`", line):
            if name in USER_FILES or name.startswith("/"):
                continue
            found = [*room.glob(name), *ROOT.glob(name)]
            if not found:
                missing.append(name)
            elif room == ROOT or not found[0].is_relative_to(room):
                room = found[0] if name.endswith("/") else found[0].parent

    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_repository_leads_somewhere(page: str) -> None:
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", read_page(page)):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in heading_anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_command_of_the_readme_is_understood() -> None:
    readme = read_page("README.md")
    table = readme.split("| in a channel |", 1)[1].split("\n\n", 1)[0]
    typed = re.findall(r"`/deploy ([^`]+)`", table)
    mentioned = re.findall(r"`@slipway ([^`]+)`", table)
    shown = [shlex.split(line, comments=True) for line in re.findall(r"slipway demo --run .*", readme)]
    runs = [words[3].removeprefix("/deploy ") for words in shown]
    read = [*map(parse, [*typed, *runs]), *(parse_mention(f"<@{BOT}> {words}", BOT) for words in mentioned)]

    assert {len(command.services) for command in read if command.subcommand == "deploy"} >= {1, 2}
    assert {words.split()[0] for words in typed} >= set(SUBCOMMANDS) - {"deploy"}
    assert len(runs) == 13


def test_the_map_of_phases_has_every_phase() -> None:
    phases = read_page("docs/architecture.md").split("## A deploy's phases", 1)[1].split("\n## ", 1)[0]

    assert set(re.findall(r"\b[A-Z][A-Z_]{4,}\b", phases)) == {phase.name for phase in Phase}
