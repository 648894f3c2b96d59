"""What stops a deploy if services.yml says something else than its record, key by key."""

from __future__ import annotations

from typing import Any

import pytest

from deploys.catalogue.nested_keys import PostCheck, PreTask, Role
from deploys.catalogue.service import BaseChoice, Pin, Service, Strategy
from deploys.catalogue_drift import RULES, DriftRule, find_drift, refuse_catalogue_drift
from deploys.errors import CatalogueChanged
from deploys.records.request import Verb
from tests.builders import a_deploy, a_service

ROLE = Role(arn="arn:aws:iam::123456789012:role/slipway", external_id="the-secret")


def test_every_key_of_a_service_has_a_rule() -> None:
    assert set(RULES) == set(Service.model_fields)


STOPPING: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"cluster": "staging"}, {"cluster": "production"}, "`cluster` was `staging` and is `production` now"),
    ({"region": "eu-west-1"}, {"region": "us-east-1"}, "`region` was `eu-west-1` and is `us-east-1` now"),
    ({"ecs_service": "web"}, {"ecs_service": "web-2"}, "`ecs_service` was `web` and is `web-2` now"),
    ({"role": None}, {"role": ROLE}, "`role` was not set and is set now"),
    (
        {"role": Role(arn=ROLE.arn, external_id="other")},
        {"role": ROLE},
        "`role.external_id` was a value that I do not show and is a value that I do not show now",
    ),
    ({"containers": ()}, {"containers": ("web", "job")}, "`containers` was not set and is `[web, job]` now"),
    (
        {"strategy": Strategy.ROLLING},
        {"strategy": Strategy.STOP_START},
        "`strategy` was `rolling` and is `stop-start` now",
    ),
    ({"base": BaseChoice.RUNNING}, {"base": BaseChoice.LATEST}, "`base` was `running` and is `latest` now"),
    (
        {"before": PreTask(command=("a", "b"))},
        {"before": PreTask(command=("a", "c"))},
        "`before.command` was `[a, b]` and is `[a, c]` now",
    ),
    ({"after": PostCheck(http="https://a.b")}, {"after": None}, "`after` was set and is not set now"),
    ({"approvals": 0}, {"approvals": 1}, "`approvals` was `0` and is `1` now"),
    ({"self_approval": True}, {"self_approval": False}, "`self_approval` was `true` and is `false` now"),
    ({"approval_expiry": 1800}, {"approval_expiry": 60}, "`approval_expiry` was `1800` and is `60` now"),
    ({"pin": Pin.TAG}, {"pin": Pin.DIGEST}, "`pin` was `tag` and is `digest` now"),
    ({"pin": None}, {"pin": Pin.DIGEST}, "`pin` was not set and is `digest` now"),
    (
        {"pin": Pin.TAG, "approvals": 1},
        {"pin": None, "approvals": 1},
        "`pin` was `tag` and is not set now",
    ),
]


@pytest.mark.parametrize(("then", "now", "sentence"), STOPPING)
def test_what_is_looser_or_points_elsewhere_stops_the_deploy(
    then: dict[str, Any], now: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CatalogueChanged) as stopped:
        refuse_catalogue_drift(a_deploy(a_service(**then)), a_service(**now))

    assert stopped.value.message == (
        "`services.yml` says something else about `web` than when this was requested: "
        f"{sentence}. Ask for it again, so that it runs as `services.yml` says now."
    )


STOPPED_KEYS = {key for key, rule in RULES.items() if rule is not DriftRule.ADOPTED} - {"name"}


def test_each_key_that_stops_is_in_the_table() -> None:
    assert {key for then, now, _ in STOPPING for key in (*then, *now)} == STOPPED_KEYS


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"approvals": 2}, {"approvals": 1}),
        ({"self_approval": False}, {"self_approval": True}),
        ({"approval_expiry": 60}, {"approval_expiry": 1800}),
        ({"pin": Pin.DIGEST}, {"pin": Pin.TAG}),
        ({"deployers": ("U01",)}, {"deployers": ("U02",)}),
        ({"approvers": ("U01",)}, {"approvers": ("U02",)}),
        ({"channels": ()}, {"channels": ("C01",)}),
        ({"deadline": 10}, {"deadline": 20}),
        ({"give_up_after": 0}, {"give_up_after": 3}),
    ],
)
def test_whatever_else_changes_is_taken_over(then: dict[str, Any], now: dict[str, Any]) -> None:
    current = a_service(**now)

    assert refuse_catalogue_drift(a_deploy(a_service(**then)), current).service == current


def test_the_same_service_is_the_same_record() -> None:
    deploy = a_deploy()

    assert refuse_catalogue_drift(deploy, deploy.service) is deploy


def test_to_follow_a_rollout_only_the_place_matters() -> None:
    assert find_drift(a_service(), a_service(approvals=1, base=BaseChoice.LATEST), Verb.FOLLOW) == ()
    assert find_drift(a_service(), a_service(cluster="other"), Verb.FOLLOW) != ()
