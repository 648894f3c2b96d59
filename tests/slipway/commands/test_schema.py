from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from deploys.catalogue.service import Service
from tests.deploys.catalogue.nested_key_mistakes import NESTED_KEY_MISTAKES
from tests.deploys.catalogue.services_yml import list_problems, one_service
from tests.deploys.catalogue.test_wrong_values import VALUE_MISTAKES
from tests.slipway.whole_cli import app

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    result = CliRunner().invoke(app, ["schema"])
    assert result.exit_code == 0
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def schema_errors(schema: dict[str, Any], text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(yaml.safe_load(text))]


def test_it_is_a_schema_of_draft_2020_12(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "services.example.yml").read_text(),
        "services: {web: , api: {}}",
        "x-anchors: {a: 1}\nservices: {web: {deadline: 90, approval_expiry: 1h30m, self_approval: true}}",
        "defaults: \nservices: {web: {deployers: [], channels: [C01DEPLOYS, G04PAYMENTS]}}",
        "defaults: {before: {}, after: {}, role: {}}\nservices: {web: {before: {command: [x]}, pin: tag}}",
        "services: {web: {base: latest, freezes: []}}",
        "services: {web: {freezes: [{starts: '2026-12-24', time_zone: UTC, reason: x, for: 2d}]}}",
        "defaults: {freezes: [{calendar: 'https://a.example.com/x'}]}\nservices: {web: }",
        "services: {web: {after: {alarms: [a]}, role: 'arn:aws:iam::123456789012:role/x'}}\ngroups:",
        "services: {web: }\ngroups: {all: {services: [web], in_order: true, stop_on_first_failure: false}}",
    ],
)
def test_right_files_are_right_by_the_schema(schema: dict[str, Any], text: str) -> None:
    assert schema_errors(schema, text) == []


@pytest.mark.parametrize("lines", [lines for lines, _ in NESTED_KEY_MISTAKES if "deadline: 1d" not in lines])
def test_a_mistake_inside_a_mapping_is_one_by_the_schema_too(schema: dict[str, Any], lines: str) -> None:
    assert schema_errors(schema, one_service(lines))


NOT_IN_SCHEMA = (
    "!seconds",  # YAML's tags are gone before a schema sees them
    "deadline: 5s",  # a pattern cannot count
    "deadline: 2d",
    "approval_expiry: 30d",
    "self_approval: yes",  # PyYAML reads YAML 1.1, where it is true; editors read 1.2
    "deadline: 20:30",  # the same: a number in base 60
)


@pytest.mark.parametrize(
    "line", [line for line, _ in VALUE_MISTAKES if not any(beyond in line for beyond in NOT_IN_SCHEMA)]
)
def test_a_wrong_value_is_wrong_by_the_schema_too(schema: dict[str, Any], line: str) -> None:
    assert list_problems(one_service(line))
    assert schema_errors(schema, one_service(line))


@pytest.mark.parametrize(
    "text",
    ["services: {}", "defaults: {}", "services: {Web: {}}", "services: {help: {}}", "service: {}", "[]"],
)
def test_a_file_of_the_wrong_shape_is_wrong_by_the_schema_too(schema: dict[str, Any], text: str) -> None:
    assert schema_errors(schema, text)


def test_every_key_is_described_for_the_editor(schema: dict[str, Any]) -> None:
    entry = schema["$defs"]["ServiceKeys"]["properties"]

    assert set(entry) == set(Service.model_fields) - {"name"}
    assert all(len(key["description"]) > 20 for key in entry.values())
    assert entry["strategy"]["enum"] == ["rolling", "stop-start", "native"]


def test_defaults_are_those_a_service_gets(schema: dict[str, Any]) -> None:
    entry = schema["$defs"]["ServiceKeys"]["properties"]
    named = {key: each["default"] for key, each in entry.items() if "default" in each}

    assert named == {key: Service.model_fields[key].default for key in named}
    assert named == {
        "strategy": "rolling",
        "guests": False,
        "direct_messages": False,
        "shared_channels": False,
        "self_approval": False,
        "deadline": 1200,
        "give_up_after": 3,
        "approval_expiry": 1800,
        "base": "running",
        "run_deadline": 3600,
        "logs": "show",
    }
