"""docs/configuration.md and .env.example, against the code: nothing missing, nothing made up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.settings import BotSettings, WebSettings
from deploys.catalogue import Service, Strategy, durations, names, slack_ids, values
from deploys.settings import Settings
from slipway.app_manifest import EVENTS, SCOPES
from slipway.check import Process
from tests.deploys.catalogue.files import said
from workers.settings import ClockSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
PROCESSES: dict[str, type[Settings]] = {
    "bot": BotSettings,
    "web": WebSettings,
    "worker": WorkerSettings,
    "clock": ClockSettings,
}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table whose first heading this is, by their first cell without backticks."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first.strip("`"): rest for first, *rest in cells}


def settings() -> dict[str, list[str]]:
    """The processes that read each variable."""
    found: dict[str, list[str]] = {}
    for process, cls in PROCESSES.items():
        for field in cls.model_fields:
            found.setdefault(field.upper(), []).append(process)
    return found


def default(name: str) -> str:
    """A variable's default as the page writes it."""
    field = next(
        cls.model_fields[name.lower()] for cls in PROCESSES.values() if name.lower() in cls.model_fields
    )
    if field.is_required():
        return "required"
    shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return "" if field.default is None else f"`{shown}`"


def test_every_process_can_be_checked() -> None:
    assert set(PROCESSES) == set(Process)


def test_every_variable_is_described_and_no_other() -> None:
    assert set(rows("Variable")) == set(settings())


@pytest.mark.parametrize("name", settings())
def test_a_variable_is_described_as_it_is(name: str) -> None:
    processes, said_default, what = rows("Variable")[name]
    readers = settings()[name]

    assert processes == ("all" if len(readers) == len(PROCESSES) else ", ".join(readers))
    assert said_default == default(name)
    assert len(what) > 20


def test_every_key_of_services_yml_is_described_and_no_other() -> None:
    assert set(rows("Key")) == set(Service.model_fields) - {"name"}


def test_the_defaults_and_ranges_of_keys_are_those_of_the_code() -> None:
    keys = rows("Key")

    assert keys["strategy"][:2] == [", ".join(f"`{each}`" for each in Strategy), f"`{Strategy.ROLLING}`"]
    assert keys["approvals"][0] == f"0 to {values.MOST_APPROVALS}"
    for key, (shortest, longest) in (
        ("deadline", values.DEADLINE),
        ("approval_expiry", values.APPROVAL_EXPIRY),
    ):
        assert keys[key][0] == f"{durations.show(shortest)} to {durations.show(longest)}"
        assert keys[key][1] == f"`{durations.show(Service.model_fields[key].default)}`"


def test_the_services_yml_on_the_page_is_right() -> None:
    shown = PAGE.split("## services.yml\n\n", 1)[1].split("\n\n", 1)[0]

    assert said(shown) == []


def test_every_word_that_cannot_be_a_name_is_listed() -> None:
    listed = re.search(r"cannot be names:\n(.*?)\.", PAGE, re.DOTALL)

    assert listed
    assert listed[1].replace("\n", " ").split(", ") == sorted(names.VERBS)


def test_every_scope_and_event_is_explained() -> None:
    assert set(rows("Scope")) == set(SCOPES)
    assert set(rows("Event")) == set(EVENTS)


def test_the_page_finds_ids_where_the_messages_do() -> None:
    found = [where for _, where in rows("Of").values()]

    assert [f"in Slack: {where}" for where in found] == [
        slack_ids.FIND_PERSON,
        slack_ids.FIND_GROUP,
        slack_ids.FIND_CHANNEL,
    ]


def test_the_example_environment_names_every_variable_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text()
    written = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert set(written) == set(settings())
    for name, value in written.items():
        if default(name) not in ("", "required"):
            assert f"`{value}`" == default(name)


def test_the_example_environment_is_refused_until_it_is_filled_in() -> None:
    given = {name.lower(): value for name, value in dotenv_values(ROOT / ".env.example").items()}

    assert set(given) == {name for name, field in BotSettings.model_fields.items() if field.is_required()}
    with pytest.raises(ValueError, match="placeholder"):
        BotSettings.model_validate(given)
    filled = {name: str(value).replace("...", "1") for name, value in given.items()}
    assert BotSettings.model_validate(filled).slack_app_token == SecretStr("xapp-1")
