from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.catalogue.service import Pin, Service, Strategy
from deploys.errors import CatalogueInvalid, CatalogueUnreadable, UnknownService
from tests.deploys.catalogue.services_yml import check_yaml, one_service

EXAMPLE = Path(__file__).parents[3] / "services.example.yml"


def make_catalogue(*names: str) -> Catalogue:
    return Catalogue(
        {name: Service(name=name, cluster="c", ecs_service=name, region="eu-west-1") for name in names}
    )


def test_the_example_describes_the_six_services_of_the_sandbox() -> None:
    found = load_catalogue(EXAMPLE, {})

    assert found.service_names == ("web", "api", "ledger", "billing", "shop", "site")
    assert found.regions == {"eu-west-1"}
    assert found.user_group_ids == {"S01DEPLOYERS", "S02APPROVERS"}
    assert {name: each.strategy for name, each in found.services.items()} == {
        "web": Strategy.ROLLING,
        "api": Strategy.ROLLING,
        "ledger": Strategy.STOP_START,
        "billing": Strategy.STOP_START,
        "shop": Strategy.NATIVE,
        "site": Strategy.NATIVE,
    }
    assert found.service_group_names == ("shopfront",)


def test_what_a_service_leaves_out_comes_from_the_defaults_and_then_from_the_strategy() -> None:
    found = check_yaml(
        """
        defaults:
          cluster: production
          region: eu-west-1
          deployers: [S01DEPLOYERS]
          approvers: [S02APPROVERS]
          deadline: 30m
          self_approval: true
        services:
          web:
          ledger:
            strategy: stop-start
            ecs_service: ledger-v2
            deployers: []
            channels: [C01DEPLOYS, G04PAYMENTS]
            deadline: 90
            approval_expiry: 1h30m
            self_approval: false
        """
    )

    assert found.problems == ()
    assert found.services["web"] == Service(
        name="web",
        cluster="production",
        ecs_service="web",
        region="eu-west-1",
        deployers=("S01DEPLOYERS",),
        approvers=("S02APPROVERS",),
        deadline=1800,
        self_approval=True,
    )
    assert found.services["ledger"] == Service(
        name="ledger",
        cluster="production",
        ecs_service="ledger-v2",
        region="eu-west-1",
        strategy=Strategy.STOP_START,
        approvers=("S02APPROVERS",),
        approvals=1,
        channels=("C01DEPLOYS", "G04PAYMENTS"),
        deadline=90,
        approval_expiry=5400,
    )


def test_anchors_and_merge_keys_work_as_in_every_yaml_file() -> None:
    found = check_yaml(
        """
        x-slow: &slow {deadline: 1h, cluster: staging}
        x-here: &here {region: eu-west-1, deadline: 1m}
        services:
          web: &web
            <<: [*slow, *here]
            cluster: production
          api: {<<: *web, ecs_service: api}
        """
    )

    assert found.problems == ()
    assert [(each.cluster, each.deadline, each.region) for each in found.services.values()] == [
        ("production", 3600, "eu-west-1")
    ] * 2


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
    ],
)
def test_the_region_comes_from_the_environment_where_the_file_names_none(
    environ: dict[str, str], region: str
) -> None:
    assert check_yaml("services: {web: {cluster: c}}", environ).services["web"].region == region
    assert check_yaml(one_service("deadline: 20m"), environ).services["web"].region == "eu-west-1"


def test_names_that_look_like_yes_or_like_numbers_stay_names() -> None:
    found = check_yaml("defaults: {cluster: '007', region: eu-west-1}\nservices: {on: , no: , 123: , 0x1f: }")

    assert found.problems == ()
    assert tuple(found.services) == ("on", "no", "123", "0x1f")
    assert found.services["on"].cluster == "007"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "services.yml"
    file.write_bytes(
        b"\xef\xbb\xbf" + one_service("deadline: 20m\ndeployers: everyone").replace("\n", "\r\n").encode()
    )

    assert load_catalogue(file, {}).service_names == ("web",)


def test_loading_a_wrong_file_tells_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "services.yml"
    file.write_text(one_service("deadline: 1s\napprovals: -1\ndeployers: everyone"))

    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(file, {})

    assert str(caught.value) == (
        f"{file} cannot be used: 2 mistakes.\n"
        f"  {file}:5:15: services.web.deadline: `1s` is out of range; anything from 10s to 1d is allowed.\n"
        f"  {file}:6:16: services.web.approvals: `-1` is out of range; write how many different people "
        "have to "
        "approve: 0 to 10."
    )
    assert [(each.line, each.column, each.key_path) for each in caught.value.problems] == [
        (5, 15, "services.web.deadline"),
        (6, 16, "services.web.approvals"),
    ]


def test_a_file_that_is_not_there_is_told_from_one_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnreadable) as caught:
        load_catalogue(tmp_path / "services.yml")

    assert str(caught.value) == (
        f"{tmp_path / 'services.yml'} cannot be read: No such file or directory. SERVICES_FILE names the "
        "file; `slipway init` writes a first one."
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("wbe", "Did you mean `web`?"),
        ("WEB", "Did you mean `web` or `web-admin`?"),
        ("shop", "The services are: `api`, `web`, `web-admin`."),
    ],
)
def test_an_unknown_service_is_answered_with_the_nearest_ones(asked: str, answer: str) -> None:
    with pytest.raises(UnknownService) as caught:
        make_catalogue("api", "web", "web-admin").get_service(asked)

    assert caught.value.message == (
        f"There is no service `{asked}` here. {answer} `/deploy help` lists all of them."
    )


def test_an_unknown_name_is_shown_harmlessly_and_not_without_end() -> None:
    with pytest.raises(UnknownService) as caught:
        make_catalogue("web").get_service("<!channel>`" + "z" * 500)

    assert caught.value.message.startswith("There is no service `&lt;!channel&gt;’zzz")
    assert len(caught.value.message) < 200


def test_many_services_are_counted_rather_than_listed() -> None:
    with pytest.raises(UnknownService) as caught:
        make_catalogue(*(f"service-{number}" for number in range(50))).get_service("x")

    assert "`service-19` and 30 more." in caught.value.message


def test_a_catalogue_does_not_change() -> None:
    found = make_catalogue("web")

    with pytest.raises(FrozenInstanceError):
        found.services = {}  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.services["api"] = found.services["web"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("lines", "pins"),
    [
        ("", False),
        ("approvals: 1", True),
        ("strategy: stop-start", True),
        ("approvals: 1\npin: tag", False),
        ("approvals: 0\npin: digest", True),
    ],
)
def test_what_has_to_be_approved_is_pinned_unless_the_file_says_otherwise(lines: str, pins: bool) -> None:
    found = check_yaml(one_service(f"approvers: [U02BOB0000]\n{lines}"))

    assert found.problems == ()
    assert found.services["web"].pins_digest is pins


def test_a_pin_in_the_defaults_is_written_for_every_service() -> None:
    found = check_yaml(
        "defaults: {cluster: c, region: eu-west-1, pin: tag, approvers: [U02BOB0000], approvals: 1}\n"
        "services: {web: }"
    )

    assert found.services["web"].pin is Pin.TAG
