"""`groups`: several services with one name."""

from __future__ import annotations

import pytest

from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from tests.deploys.catalogue.services_yml import check_yaml, list_problems

SERVICES = """\
services:
  web: {cluster: production, region: eu-west-1}
  api: {cluster: production, region: eu-west-1}
"""


def test_a_group_names_services_in_their_order() -> None:
    found = check_yaml(
        SERVICES + "groups:\n"
        "  everything: {services: [web, api]}\n"
        "  shopfront: {services: [api, web], in_order: true, stop_on_first_failure: true}\n"
    )

    assert found.problems == ()
    assert found.service_groups == {
        "everything": ServiceGroup(name="everything", services=("web", "api")),
        "shopfront": ServiceGroup(
            name="shopfront", services=("api", "web"), in_order=True, stop_on_first_failure=True
        ),
    }


def test_the_catalogue_knows_its_groups_by_name() -> None:
    found = check_yaml(SERVICES + "groups: {both: {services: [web, api]}}\n")
    catalogue = Catalogue(found.services, found.service_groups)

    assert catalogue.service_group_names == ("both",)
    assert catalogue.get_service_group("both") == ServiceGroup(name="both", services=("web", "api"))
    assert catalogue.get_service_group("web") is None
    assert catalogue.user_group_ids == frozenset(), "those are Slack's user groups"


def test_a_file_without_groups_has_none() -> None:
    assert check_yaml(SERVICES).service_groups == {}
    assert check_yaml(SERVICES + "groups:\n").problems == ()


WRONG = [
    ("groups: [web]", "4:9: groups: this is a list; write the groups by name, indented below it."),
    (
        "groups: {both: [web, api]}",
        "4:16: groups.both: this is a list; write it as the value of `services`, indented below the group's "
        "name.",
    ),
    (
        "groups: {both: }",
        "4:10: groups.both: there is no value; write keys and values, indented below it.",
    ),
    ("groups: {both: {}}", "4:10: groups.both.services: missing; for example `services: [api, web]`."),
    (
        "groups: {both: {services: }}",
        "4:17: groups.both.services: there is no value; write a list of services.",
    ),
    (
        "groups: {both: {services: []}}",
        "4:27: groups.both.services: the list is empty; write a list of services.",
    ),
    (
        "groups: {both: {services: web}}",
        "4:27: groups.both.services: `web` is text; write a list of services: `[web]`.",
    ),
    (
        "groups: {both: {services: [web, wbe]}}",
        "4:33: groups.both.services[1]: there is no service `wbe` here. Did you mean `web`?",
    ),
    (
        "groups: {both: {services: [ledger]}}",
        "4:28: groups.both.services[0]: there is no service `ledger` here. Services are listed under "
        "`services:`.",
    ),
    (
        "groups: {both: {services: [web, web]}}",
        "4:27: groups.both.services: `web` is listed more than once.",
    ),
    (
        "groups: {both: {services: [web], in-order: true}}",
        "4:34: groups.both.in-order: there is no such key. Did you mean `in_order`?",
    ),
    (
        "groups: {both: {services: [web], in_order: yes}}",
        "4:44: groups.both.in_order: `yes` is text; write `true` or `false`, without quotes. Did you mean "
        "`true`?",
    ),
    (
        "groups: {web: {services: [api]}}",
        "4:10: groups.web: `web` is already a service, so `/deploy web` means that; give the group another "
        "name.",
    ),
    (
        "groups: {status: {services: [api]}}",
        "4:10: groups.status: no group can be called `status`, because `/deploy status` is a command.",
    ),
    (
        "groups: {Shop Front: {services: [api]}}",
        "4:10: groups.Shop Front: this cannot be a group's name: use lower-case letters, digits and "
        "hyphens, at most 63 characters, and do not begin with a hyphen. Call it `shop-front`?",
    ),
    (
        "groups:\n  a: {services: [web]}\n  a: {services: []}",
        "6:3: groups.a: this key is already on line 5.",
    ),
]


@pytest.mark.parametrize(("lines", "message"), WRONG, ids=[lines for lines, _ in WRONG])
def test_a_mistake_in_a_group_is_explained_where_it_stands(lines: str, message: str) -> None:
    assert list_problems(f"{SERVICES}{lines}\n")[0] == message


def test_more_services_than_one_request_may_be_for_are_refused() -> None:
    names = [f"service-{number}" for number in range(21)]
    text = "defaults: {cluster: c, region: eu-west-1}\nservices:\n" + "".join(
        f"  {name}:\n" for name in names
    )

    assert list_problems(f"{text}groups: {{all: {{services: [{', '.join(names)}]}}}}\n") == [
        "24:26: groups.all.services: 21 services are listed; at most 20 are allowed."
    ]
    assert list_problems(f"{text}groups: {{all: {{services: [{', '.join(names[1:])}]}}}}\n") == []


def test_a_key_of_services_at_the_top_is_sent_where_it_belongs() -> None:
    assert list_problems(f"cluster: production\n{SERVICES}") == [
        "1:1: cluster: this key belongs to a service, or to `defaults`."
    ]
