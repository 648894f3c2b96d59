"""docs/configuration.md and .env.example match the code."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.settings import BotSettings, WebSettings
from deploys.catalogue import slack_ids
from deploys.catalogue.key_declaration import find_keys
from deploys.catalogue.nested_keys import PostCheck, PreTask
from deploys.catalogue.service import Service
from deploys.settings import Settings
from slipway.app_manifest import EVENTS, SCOPES
from slipway.commands.check import ProcessName
from slipway.configuration_page import RECORDS, update_page
from slipway.requests.settings import CommandLineSettings
from tests.deploys.catalogue.services_yml import list_problems
from workers.settings import EventsSettings, SchedulerSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
PROCESSES: dict[str, type[Settings]] = {
    "bot": BotSettings,
    "web": WebSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
    "events": EventsSettings,
    "command-line": CommandLineSettings,
}


def table_rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table with this first heading, by their first cell without backticks."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first.strip("`"): rest for first, *rest in cells}


def processes_by_setting() -> dict[str, list[str]]:
    """The processes that read each variable."""
    found: dict[str, list[str]] = {}
    for process, cls in PROCESSES.items():
        for field in cls.model_fields:
            found.setdefault(field.upper(), []).append(process)
    return found


def documented_default(name: str) -> str:
    """The default of a variable as the page writes it."""
    field = next(
        cls.model_fields[name.lower()] for cls in PROCESSES.values() if name.lower() in cls.model_fields
    )
    if field.is_required():
        return "required"
    shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return "" if field.default is None else f"`{shown}`"


def test_every_process_can_be_checked() -> None:
    assert set(PROCESSES) == set(ProcessName)


def test_every_variable_is_described_and_no_other() -> None:
    assert set(table_rows("Variable")) == set(processes_by_setting())


@pytest.mark.parametrize("name", processes_by_setting())
def test_a_variable_is_described_as_it_is(name: str) -> None:
    processes, said_default, what = table_rows("Variable")[name]
    readers = processes_by_setting()[name]

    assert processes == ("all" if len(readers) == len(PROCESSES) else ", ".join(readers))
    assert said_default == documented_default(name)
    assert len(what) > 20


def test_what_comes_from_the_code_is_up_to_date() -> None:
    assert update_page(PAGE) == PAGE, "run `make docs`"


def test_a_table_that_is_out_of_date_is_written_again() -> None:
    stale = PAGE.replace("| 10s to 1d | `20m` |", "| any | `5m` |").replace("unlock, verify.", "unlock.")

    assert stale != PAGE
    assert update_page(stale) == PAGE


def test_a_page_without_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"role.* is on the page 0 times"):
        update_page(PAGE.replace("| Key of `role` |", "| Role |"))


def test_every_key_of_services_yml_is_described_and_no_other() -> None:
    assert set(table_rows("Key")) == set(Service.model_fields) - {"name"}
    for heading, record in RECORDS.items():
        assert list(table_rows(heading)) == [key.name or field for field, _, key in find_keys(record)]


def test_values_and_defaults_are_shown_as_they_are_written_in_the_file() -> None:
    keys = table_rows("Key")

    assert keys["cluster"][:2] == ["name", "required"]
    assert keys["region"][:2] == ["AWS region", "`AWS_REGION`"]
    assert keys["strategy"][:2] == ["`rolling`, `stop-start`, `native`", "`rolling`"]
    assert keys["approvals"][:2] == ["0 to 10", "by strategy"]
    assert keys["self_approval"][:2] == ["`true`, `false`", "`false`"]
    assert keys["give_up_after"][:2] == ["0 to 200", "`3`"]
    assert keys["deadline"][:2] == ["10s to 1d", "`20m`"]
    assert keys["approval_expiry"][:2] == ["5s to 7d", "`30m`"]
    assert keys["pin"][:2] == ["`tag`, `digest`", "by approvals"]
    assert keys["base"][:2] == ["`running`, `latest`", "`running`"]
    assert keys["role"][:2] == ["ARN, or keys, below", "none"]


def test_keys_inside_mappings_are_shown_as_they_are_written_in_the_file() -> None:
    before, after, group = (table_rows(f"Key of {each}") for each in ("`before`", "`after`", "a group"))

    assert before["command"][:2] == ["list of words", "required"]
    assert before["deadline"][:2] == ["10s to 12h", "`10m`"]
    assert after["for"][:2] == ["10s to 12h", "`5m`"]
    assert "at most 100" in after["alarms"][2]
    assert "Up to 20 " in group["services"][2]
    assert PreTask(command=("a",)).deadline == 600
    assert PostCheck(http="https://a").duration == 300


def test_the_services_yml_on_the_page_is_right() -> None:
    shown = PAGE.split("## services.yml\n\n", 1)[1].split("\n\n", 1)[0]

    assert list_problems(shown) == []


def indent_lines(text: str, depth: int) -> str:
    return "\n".join(" " * depth + line for line in dedent(text).splitlines())


def test_the_examples_of_mappings_on_the_page_are_right() -> None:
    def example(before: str) -> str:
        return PAGE.split(before, 1)[1].split("\n\n", 2)[1]

    parts = [
        example("A task before the rollout:"),
        example("needs `http` or `alarms`, or both:"),
        example("or with an external id:"),
    ]
    service = "cluster: production\nregion: eu-west-1"
    web = "\n".join(indent_lines(part, 4) for part in (service, *parts))
    groups = dedent(example("deploys them together."))

    assert (
        list_problems(
            f"services:\n  web:\n{web}\n  api: {{cluster: production, region: eu-west-1}}\n{groups}"
        )
        == []
    )


def test_every_scope_and_event_is_explained() -> None:
    assert set(table_rows("Scope")) == set(SCOPES)
    assert set(table_rows("Event")) == set(EVENTS)


def test_the_page_finds_ids_where_the_messages_do() -> None:
    found = [where for _, where in table_rows("Of").values()]

    assert [f"in Slack: {where}" for where in found] == [
        slack_ids.FIND_PERSON,
        slack_ids.FIND_GROUP,
        slack_ids.FIND_CHANNEL,
    ]


def test_the_example_environment_names_every_variable_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text()
    written = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert set(written) == set(processes_by_setting())
    for name, value in written.items():
        if documented_default(name) not in ("", "required"):
            assert f"`{value}`" == documented_default(name)


def test_the_example_environment_is_refused_until_it_is_filled_in() -> None:
    given = {name.lower(): value for name, value in dotenv_values(ROOT / ".env.example").items()}

    assert set(given) == {name for name, field in BotSettings.model_fields.items() if field.is_required()}
    with pytest.raises(ValueError, match="placeholder"):
        BotSettings.model_validate(given)
    filled = {name: str(value).replace("...", "1") for name, value in given.items()}
    assert BotSettings.model_validate(filled).slack_app_token == SecretStr("xapp-1")
