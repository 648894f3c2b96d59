"""Keys that are valid one by one, but not together."""

from __future__ import annotations

import pytest

from deploys.catalogue.services_file import check_text
from tests.deploys.catalogue.services_yml import check_yaml, list_problems, one_service

WRONG = [
    (
        """
        strategy: stop-start
        """,
        "2:3: services.web.approvers: missing, but a deploy needs 1 approval (the default for "
        "stop-start); write who may approve, or `approvals: 0`.",
    ),
    (
        """
        approvals: 2
        """,
        "2:3: services.web.approvers: missing, but a deploy needs 2 approvals; write who may approve, or "
        "`approvals: 0`.",
    ),
    (
        """
        approvals: 1
        approvers: []
        """,
        "6:5: services.web.approvers: missing, but a deploy needs 1 approval; write who may approve, or "
        "`approvals: 0`.",
    ),
    (
        """
        approvers: [U02BOB0000, U04DAVE000]
        approvals: 3
        """,
        "6:5: services.web.approvals: a deploy needs 3 approvals, but only 2 may approve.",
    ),
    (
        """
        strategy: stop-start
        deployers: [U04DAVE000]
        approvers: [U04DAVE000]
        """,
        "7:5: services.web.approvers: a deploy needs 1 approval (the default for stop-start), and people "
        "cannot approve their own deploys, so none could ever be approved; add another approver, or write "
        "`self_approval: true`.",
    ),
    (
        """
        approvals: 2
        deployers: [U04DAVE000, U02BOB0000]
        approvers: [U04DAVE000, U02BOB0000]
        """,
        "7:5: services.web.approvers: a deploy needs 2 approvals, and people cannot approve their own "
        "deploys, so none could ever be approved; add another approver, or write `self_approval: true`.",
    ),
]


@pytest.mark.parametrize(("lines", "message"), WRONG)
def test_approvals_that_nobody_could_give_are_refused(lines: str, message: str) -> None:
    assert list_problems(one_service(lines)) == [message]


RIGHT = [
    # a group may have any number of members
    "{approvals: 3, approvers: [S02APPROVERS]}",
    # bob can approve what dave asks for
    "{approvals: 1, deployers: [U04DAVE000, U02BOB0000], approvers: [U02BOB0000]}",
    "{approvals: 1, deployers: [U04DAVE000], approvers: [U04DAVE000], self_approval: true}",
    # anybody may deploy
    "{approvals: 1, approvers: [U04DAVE000]}",
    "{approvals: 1, deployers: [S01DEPLOYERS], approvers: [U04DAVE000]}",
]


@pytest.mark.parametrize("entry", RIGHT)
def test_approvals_that_somebody_can_give_are_fine(entry: str) -> None:
    text = f"defaults: {{cluster: production, region: eu-west-1}}\nservices: {{web: {entry}}}\n"

    assert list_problems(text) == []


def test_one_ecs_service_is_in_the_file_once() -> None:
    assert list_problems(
        """
        defaults: {cluster: production, region: eu-west-1}
        services:
          web: {}
          site: {ecs_service: web}
          other-region: {ecs_service: web, region: us-east-1}
          other-cluster: {ecs_service: web, cluster: staging}
        """
    ) == [
        "4:10: services.site.ecs_service: this is the same ECS service as that of `web`: `web` in cluster "
        "`production` (eu-west-1). Each ECS service may be in this file only once."
    ]


def test_a_rule_says_nothing_about_keys_that_are_wrong_already() -> None:
    assert len(list_problems(one_service("strategy: stop-start\napprovers: ['@bob']"))) == 1
    assert (
        len(list_problems(one_service("strategy: blue\napprovals: 1"))) == 2
    )  # the strategy, and approvers that are missing
    assert len(list_problems("defaults: {region: eu-west-1, cluster: a b}\nservices: {web: {}}")) == 1


NOTES = [
    (
        "strategy: stop-start\napprovals: 0",
        [
            "6:5: services.web.approvals: a deploy stops every task before it starts new ones, without an "
            "approval (approvals: 0)."
        ],
    ),
    (
        "approvers: [U02BOB0000]",
        [
            "5:5: services.web.approvers: these approvers are never asked, because a deploy needs 0 "
            "approvals. Write `approvals: 1`, or remove this key."
        ],
    ),
    ("strategy: stop-start\napprovers: [U02BOB0000]", []),
    ("strategy: rolling", []),
]


@pytest.mark.parametrize(("lines", "notes"), NOTES)
def test_what_is_allowed_but_deserves_a_thought_is_noted(lines: str, notes: list[str]) -> None:
    found = check_yaml(one_service(lines))

    assert found.problems == ()
    assert [str(note) for note in found.notes] == notes


def test_approvers_in_the_defaults_are_no_reason_for_a_note() -> None:
    found = check_yaml(one_service("strategy: rolling", head="defaults: {approvers: [S02APPROVERS]}\n"))

    assert found.notes == ()


def test_who_may_deploy_has_to_be_written() -> None:
    place = "cluster: c, region: eu-west-1"
    text = f"services: {{web: {{{place}}}, api: {{{place}, deployers: []}}}}"
    problems = check_text(text.encode(), {}).problems

    assert [str(each) for each in problems] == [
        "1:12: services.web.deployers: missing; write who may deploy, here or in `defaults`: user ids (U…) "
        "and user group ids (S…), `everyone` for every member of the workspace, or `[]` for nobody."
    ]
    defaults = f"defaults: {{deployers: [U01ALICE00]}}\n{text}"
    assert check_text(defaults.encode(), {}).problems == ()


def test_everyone_is_noted_where_it_is_written() -> None:
    text = """
        defaults: {cluster: c, region: eu-west-1, deployers: everyone}
        services:
          web: {}
          api: {may_lock: everyone}
        """

    assert [str(each) for each in check_yaml(text).notes] == [
        "1:43: defaults.deployers: `everyone`: every member of the workspace may.",
        "4:9: services.api.may_lock: `everyone`: every member of the workspace may.",
    ]


def test_a_file_without_deployers_reads_as_nobody() -> None:
    assert check_yaml(one_service("deployers: []")).services["web"].deployers == ()
    assert check_yaml(one_service("deployers: everyone")).services["web"].deployers == ("everyone",)
