"""docs/configuration.md and .env.example, against the code: nothing missing, nothing made up."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from dotenv import dotenv_values
from pydantic import SecretStr

from bot.settings import BotSettings, WebSettings
from deploys.catalogue import Group, Service, Strategy, durations, mapping_values, names, slack_ids, values
from deploys.catalogue.mappings import AfterKeys, BeforeKeys, GroupKeys, RoleKeys, written
from deploys.catalogue.service import Base, CheckAfter, Pin, Role, TaskBefore
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
    assert keys["give_up_after"][:2] == [
        f"0 to {values.MOST_FAILED_TASKS}",
        f"`{Service.model_fields['give_up_after'].default}`",
    ]
    for key, (shortest, longest) in (
        ("deadline", values.DEADLINE),
        ("approval_expiry", values.APPROVAL_EXPIRY),
    ):
        assert keys[key][0] == f"{durations.show(shortest)} to {durations.show(longest)}"
        assert keys[key][1] == f"`{durations.show(Service.model_fields[key].default)}`"


def test_every_key_of_a_mapping_is_described_and_no_other() -> None:
    for heading, model in (
        ("Key of `before`", BeforeKeys),
        ("Key of `after`", AfterKeys),
        ("Key of `role`", RoleKeys),
        ("Key of a group", GroupKeys),
    ):
        assert list(rows(heading)) == written(model)
        for key, (_, default, _) in rows(heading).items():
            field = next(field for name, field in model.model_fields.items() if key in (name, field.alias))
            assert (default == "required") == field.is_required()


def test_a_mapping_s_keys_are_those_of_what_a_service_keeps() -> None:
    for model, kept in (
        (BeforeKeys, TaskBefore),
        (AfterKeys, CheckAfter),
        (RoleKeys, Role),
        (GroupKeys, Group),
    ):
        assert set(model.model_fields) == set(kept.model_fields) - {"name"}
        for name, field in model.model_fields.items():
            if not field.is_required():
                assert field.get_default(call_default_factory=True) == kept.model_fields[name].default


def test_the_ranges_inside_mappings_are_those_of_the_code() -> None:
    keys, before, after = rows("Key"), rows("Key of `before`"), rows("Key of `after`")

    assert keys["pin"][0] == ", ".join(f"`{each}`" for each in Pin)
    assert keys["base"][:2] == [", ".join(f"`{each}`" for each in Base), f"`{Base.RUNNING}`"]
    for row, (shortest, longest), default in (
        (before["deadline"], values.TASK_DEADLINE, TaskBefore.model_fields["deadline"].default),
        (after["for"], values.CHECK_LASTS, CheckAfter.model_fields["lasts"].default),
    ):
        bounds = f"{durations.show(shortest)} to {durations.show(longest)}"
        assert row[:2] == [bounds, f"`{durations.show(default)}`"]
    assert f"{mapping_values.MOST_ALARMS} at most" in after["alarms"][2]
    assert f"Up to {mapping_values.MOST_IN_GROUP} " in rows("Key of a group")["services"][2]


def test_the_services_yml_on_the_page_is_right() -> None:
    shown = PAGE.split("## services.yml\n\n", 1)[1].split("\n\n", 1)[0]

    assert said(shown) == []


def indented(text: str, depth: int) -> str:
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
    web = "\n".join(indented(part, 4) for part in (service, *parts))
    groups = dedent(example("deploys them together."))

    assert (
        said(f"services:\n  web:\n{web}\n  api: {{cluster: production, region: eu-west-1}}\n{groups}") == []
    )


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
