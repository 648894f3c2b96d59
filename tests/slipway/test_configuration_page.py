"""docs/configuration.md and .env.example, against the code: nothing missing, nothing made up."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.settings import BotSettings, WebSettings
from deploys.catalogue import (
    Service,
    ServiceGroup,
    Strategy,
    durations,
    nested_validators,
    service_names,
    slack_ids,
    validators,
)
from deploys.catalogue.nested_keys import (
    PostCheckKeys,
    PreTaskKeys,
    RoleKeys,
    ServiceGroupKeys,
    list_key_names,
)
from deploys.catalogue.service import BaseChoice, Pin, PostCheck, PreTask, Role
from deploys.settings import Settings
from slipway.app_manifest import EVENTS, SCOPES
from slipway.commands.check import ProcessName
from tests.deploys.catalogue.services_yml import list_problems
from workers.settings import SchedulerSettings, WorkerSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
PROCESSES: dict[str, type[Settings]] = {
    "bot": BotSettings,
    "web": WebSettings,
    "worker": WorkerSettings,
    "scheduler": SchedulerSettings,
}


def table_rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table whose first heading this is, by their first cell without backticks."""
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
    """A variable's default as the page writes it."""
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


def test_every_key_of_services_yml_is_described_and_no_other() -> None:
    assert set(table_rows("Key")) == set(Service.model_fields) - {"name"}


def test_the_defaults_and_ranges_of_keys_are_those_of_the_code() -> None:
    keys = table_rows("Key")

    assert keys["strategy"][:2] == [", ".join(f"`{each}`" for each in Strategy), f"`{Strategy.ROLLING}`"]
    assert keys["approvals"][0] == f"0 to {validators.MAX_APPROVALS}"
    assert keys["give_up_after"][:2] == [
        f"0 to {validators.MAX_FAILED_TASKS}",
        f"`{Service.model_fields['give_up_after'].default}`",
    ]
    for key, (shortest, longest) in (
        ("deadline", validators.DEADLINE_RANGE),
        ("approval_expiry", validators.APPROVAL_EXPIRY_RANGE),
    ):
        assert (
            keys[key][0] == f"{durations.format_duration(shortest)} to {durations.format_duration(longest)}"
        )
        assert keys[key][1] == f"`{durations.format_duration(Service.model_fields[key].default)}`"


def test_every_key_of_a_mapping_is_described_and_no_other() -> None:
    for heading, model in (
        ("Key of `before`", PreTaskKeys),
        ("Key of `after`", PostCheckKeys),
        ("Key of `role`", RoleKeys),
        ("Key of a group", ServiceGroupKeys),
    ):
        assert list(table_rows(heading)) == list_key_names(model)
        for key, (_, default, _) in table_rows(heading).items():
            field = next(field for name, field in model.model_fields.items() if key in (name, field.alias))
            assert (default == "required") == field.is_required()


def test_a_mapping_s_keys_are_those_of_what_a_service_keeps() -> None:
    for model, kept in (
        (PreTaskKeys, PreTask),
        (PostCheckKeys, PostCheck),
        (RoleKeys, Role),
        (ServiceGroupKeys, ServiceGroup),
    ):
        assert set(model.model_fields) == set(kept.model_fields) - {"name"}
        for name, field in model.model_fields.items():
            if not field.is_required():
                assert field.get_default(call_default_factory=True) == kept.model_fields[name].default


def test_the_ranges_inside_mappings_are_those_of_the_code() -> None:
    keys, before, after = table_rows("Key"), table_rows("Key of `before`"), table_rows("Key of `after`")

    assert keys["pin"][0] == ", ".join(f"`{each}`" for each in Pin)
    assert keys["base"][:2] == [", ".join(f"`{each}`" for each in BaseChoice), f"`{BaseChoice.RUNNING}`"]
    for row, (shortest, longest), default in (
        (before["deadline"], validators.PRE_TASK_DEADLINE_RANGE, PreTask.model_fields["deadline"].default),
        (after["for"], validators.POST_CHECK_DURATION_RANGE, PostCheck.model_fields["duration"].default),
    ):
        bounds = f"{durations.format_duration(shortest)} to {durations.format_duration(longest)}"
        assert row[:2] == [bounds, f"`{durations.format_duration(default)}`"]
    assert f"{nested_validators.MAX_ALARMS} at most" in after["alarms"][2]
    assert f"Up to {nested_validators.MAX_SERVICES_IN_GROUP} " in table_rows("Key of a group")["services"][2]


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


def test_every_word_that_cannot_be_a_name_is_listed() -> None:
    listed = re.search(r"cannot be names:\n(.*?)\.", PAGE, re.DOTALL)

    assert listed
    assert listed[1].replace("\n", " ").split(", ") == sorted(service_names.RESERVED_NAMES)


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
