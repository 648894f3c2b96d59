"""Files of the wrong shape, files that are not YAML, and repeated keys: whole messages."""

from __future__ import annotations

import pytest

from deploys.catalogue.services_file import check_text
from tests.deploys.catalogue.services_yml import check_yaml, list_problems

NO_CLUSTER = "missing; write the name of the ECS cluster, here or in `defaults`."
NO_REGION = (
    "missing; write the AWS region, here or in `defaults`, or set AWS_REGION for all processes of Slipway."
)

FILES = [
    ("", "1:1: this file is empty. Start from services.example.yml."),
    ("# nothing but a comment\n", "1:1: this file is empty. Start from services.example.yml."),
    ("- web\n", "1:1: this is a list; write `services:` and, indented below it, the services by name."),
    ("web\n", "1:1: `web` is text; write `services:` and, indented below it, the services by name."),
    (
        "defaults: {}\n",
        "1:1: services: missing; write `services:` and, indented below it, the services by name.",
    ),
    ("services:\n", "1:1: services: there is no value; write the services by name, indented below it."),
    ("services: []\n", "1:11: services: this is a list; write the services by name, indented below it."),
    ("services: {}\n", "1:11: services: there is no service; write at least one."),
    (
        "services:\n  web: production\n",
        "2:8: services.web: `production` is text; write keys and values, indented below it.",
    ),
    (
        "services:\n  web:\n    ? [a]\n    : 1\n    cluster: c\n    region: eu-west-1\n",
        "3:7: services.web: a key has to be a plain name.",
    ),
]


@pytest.mark.parametrize(("text", "message"), FILES, ids=[text[:20] for text, _ in FILES])
def test_a_file_of_another_shape_is_explained(text: str, message: str) -> None:
    assert list_problems(text) == [message]


SYNTAX = [
    ("services:\n\tweb: 1\n", "2:1: there is a tab here; indent with spaces."),
    (
        "deployers: [@alice]\n",
        "1:13: a value cannot begin with `@`. This file takes Slack ids, not names: write the id (U… or S…).",
    ),
    ("a: `b`\n", "1:4: a value that begins with ``` needs quotes."),
    (
        "channels: [#deploys]\nservices: {}\n",
        "1:11: the list that begins here with `[` is not closed, or a comma is missing in it. "
        "A `#` begins a comment; channels are written by their ids (C… or G…).",
    ),
    (
        "services: {web\n",
        "1:11: the mapping that begins here with `{` is not closed, or a comma is missing in it.",
    ),
    ("a: 'b\n", "1:4: the quoted text that begins here is not closed, or is not written as YAML allows."),
    ("services:\n  web:\n  cluster production\n", "3:3: a key needs a `:` after it."),
    (
        "services:\n  web: x\n    cluster: production\n",
        "3:12: a `:` does not belong here. Either the line is indented too far, or the text needs quotes.",
    ),
    (
        "services:\n  web:\n    cluster: a\n   region: b\n",
        "4:4: this line does not fit those above it: check its indentation and that it says `key: value`.",
    ),
    ("services: *shared\n", "1:11: there is no anchor `&shared` above this alias."),
    (
        "services: 1\n---\nservices: 2\n",
        "2:1: a second YAML document begins here (`---`); only one is allowed.",
    ),
    ("services: \x01\n", "1:11: the character U+0001 is not allowed in YAML."),
    ("[" * 1000, "1:1: this is nested too deeply to be read."),
    ("%foo\nservices: 1\n", "2:1: this is not YAML: expected '<document start>', but found '<scalar>'."),
]


@pytest.mark.parametrize(("text", "message"), SYNTAX, ids=[message for _, message in SYNTAX])
def test_what_is_not_yaml_is_explained_in_plain_words(text: str, message: str) -> None:
    assert list_problems(text) == [message]


def test_text_in_another_encoding_is_refused_where_it_begins() -> None:
    found = check_text("services:\n  # für alle\n".encode("latin-1"), {})

    assert [str(each) for each in found.problems] == ["2:6: this is not UTF-8 text; save the file as UTF-8."]


def test_a_key_that_is_written_twice_is_named_with_the_line_of_the_first() -> None:
    assert list_problems(
        """
        services:
          web: {cluster: production, region: eu-west-1}
          web:
            cluster: production
            region: eu-west-1
            deadline: 1s
        services: {}
        """
    ) == [
        "3:3: services.web: this key is already on line 2.",
        "6:15: services.web.deadline: `1s` is out of range; anything from 10s to 1d is allowed.",
        "7:1: services: this key is already on line 1.",
    ]


def test_a_key_of_a_single_service_is_refused_among_the_defaults() -> None:
    assert list_problems(
        """
        defaults:
          ecs_service: web
          region: eu-west-1
          cluster: production
        services:
          web: {}
        """
    ) == ["2:3: defaults.ecs_service: this key belongs to a single service, not to `defaults`."]


def test_an_unknown_key_at_the_top_is_refused_but_x_keys_are_the_writers_own() -> None:
    assert list_problems(
        """
        x-anchors: {whatever: [1, 2]}
        service: {}
        services:
          web: {cluster: production, region: eu-west-1}
        """
    ) == ["2:1: service: there is no such key. Did you mean `services`?"]


def test_cluster_and_region_are_required_somewhere() -> None:
    assert list_problems("services:\n  web:\n") == [
        f"2:3: services.web.cluster: {NO_CLUSTER}",
        f"2:3: services.web.region: {NO_REGION}",
    ]


def test_an_alias_that_contains_itself_ends_with_a_message() -> None:
    assert list_problems("services: &all\n  web: *all\n") == [
        "2:3: services.web: this alias contains itself, so it never ends.",
        f"2:3: services.web.cluster: {NO_CLUSTER}",
        f"2:3: services.web.region: {NO_REGION}",
    ]
    assert "1:17: services: this alias contains itself, so it never ends." in list_problems(
        "services: &all {<<: *all}\n"
    )


def test_aliases_that_multiply_without_end_are_stopped() -> None:
    lines = ["x-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    text = "\n".join([*lines, "services: {web: {cluster: production, region: eu-west-1}}"])

    assert any("this is too much to read" in message for message in list_problems(text))


def test_a_merge_of_something_else_than_a_mapping_is_refused() -> None:
    assert list_problems(
        """
        x-list: &list [1]
        services:
          web:
            <<: *list
            cluster: production
            region: eu-west-1
        """
    ) == [
        "4:5: services.web: `<<` takes a mapping: write an alias such as `<<: *name`, or a list of aliases."
    ]


def test_a_mistake_in_an_anchor_is_reported_once_where_it_stands() -> None:
    assert list_problems(
        """
        x-slow: &slow
          deadline: never
        services:
          web: {<<: *slow, cluster: production, region: eu-west-1}
          api: {<<: *slow, cluster: production, region: eu-west-1}
        """
    ) == [
        "2:13: services.web.deadline: `never` is not a duration; write a duration such as "
        "`90s`, `20m` or "
        "`1h30m`, or a number of seconds."
    ]


def test_all_mistakes_are_reported_at_once_and_in_the_order_of_the_file() -> None:
    found = check_yaml(
        """
        defaults:
          cluster: production
          deadlin: 20m
        services:
          Web: {region: eu-west-1}
          ledger:
            region: eu-west-1
            strategy: stop-start
            approvers: ['@bob']
            deadline: 1s
          billing:
            region: eu-west-1
            strategy: stop-start
          other: {region: eu-west-1, ecs_service: billing}
        """
    )

    assert [(each.line, each.column, each.key_path) for each in found.problems] == [
        (3, 3, "defaults.deadlin"),
        (5, 3, "services.Web"),
        (9, 17, "services.ledger.approvers[0]"),
        (10, 15, "services.ledger.deadline"),
        (11, 3, "services.billing.approvers"),
        (14, 30, "services.other.ecs_service"),
    ]
