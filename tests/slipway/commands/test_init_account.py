"""`slipway init`: which regions and clusters it reads, what the account does not allow, refused options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploys.catalogue.catalogue import load_catalogue
from sandbox.ecs import EcsSandbox
from slipway.account_survey import patient_reader
from slipway.commands import init as command
from tests.in_process_aws import WORKERS_KEY
from tests.slipway.commands.init_harness import run_init, written_files


def test_one_cluster_only(large_account: EcsSandbox) -> None:
    run_init("--cluster", "staging")

    services = load_catalogue("services.yml").services
    assert {each.cluster for each in services.values()} == {"staging"}
    assert {"web", "api", "checkout"} <= services.keys(), "no name occurs twice"
    assert "\n  cluster: staging\n" in Path("services.yml").read_text()


def test_two_regions(aws_account: EcsSandbox) -> None:
    run_init("--region", "us-east-1", "--region", "eu-west-1")

    assert load_catalogue("services.yml").services["web"].region == "eu-west-1"


def test_what_may_not_be_read_is_said_and_the_rest_is_written(large_account: EcsSandbox) -> None:
    here = "arn:aws:ecs:eu-west-1:123456789012"
    reads = ["ecs:Describe*", "ecs:ListClusters", "application-autoscaling:*"]
    only = {"ArnEquals": {"ecs:cluster": f"{here}:cluster/production"}}
    large_account.enforce_policies(
        WORKERS_KEY,
        [
            {
                "Statement": [
                    {"Effect": "Allow", "Action": reads, "Resource": "*"},
                    {"Effect": "Allow", "Action": "ecs:ListServices", "Resource": "*", "Condition": only},
                    {
                        "Effect": "Deny",
                        "Action": "ecs:DescribeServices",
                        "Resource": f"{here}:service/production/ledger",
                    },
                ]
            }
        ],
    )

    result = run_init("--deployers", "everyone")

    assert result.exit_code == 0
    denied = "`arn:aws:iam::123456789012:user/slipway-workers` needs it"
    assert (
        f"Not read: ecs:ListServices (the services of cluster staging in eu-west-1): {denied}"
        in result.stderr
    )
    assert "Not read: ecs:DescribeServices (production/ledger in eu-west-1): " in result.stderr
    assert set(load_catalogue("services.yml").services) == {
        "api",
        "billing",
        "landing",
        "shop",
        "site",
        "web",
    }
    text = Path("services.yml").read_text()
    assert "# - ecs:ListServices: the services of cluster staging in eu-west-1\n" in text
    assert "# - production/ledger in eu-west-1: ECS did not let it be described\n" in text


def test_without_any_permission_nothing_is_written(aws_account: EcsSandbox) -> None:
    aws_account.enforce_policies(WORKERS_KEY, [{"Statement": []}])

    result = run_init()

    assert (result.exit_code, written_files()) == (2, set())
    assert "Not read: ecs:ListClusters (the clusters in eu-west-1): " in result.stderr
    assert result.stderr.endswith(
        "No service could be read, so nothing was written. Ask for the permissions named above.\n"
    )


def test_without_an_answer_of_aws_the_network_is_named(
    aws_account: EcsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_account.faults.add(
        kind="error", operation="ListClusters", code="Bad", message="<b>No & no</b>", status=500, times=None
    )
    monkeypatch.setattr(patient_reader, "WAITS_SECONDS", ())

    result = run_init()

    assert (result.exit_code, written_files()) == (2, set())
    assert result.stderr == (
        "Not read: ecs:ListClusters (the clusters in eu-west-1): Bad: <b>No & no</b>\n"
        "No service could be read, so nothing was written. AWS did not answer: check the network and the "
        "name of the region, and try again.\n"
    )


def test_an_account_without_services(aws_account: EcsSandbox) -> None:
    result = run_init("--region", "us-east-1")

    assert (result.exit_code, written_files()) == (1, set())
    assert result.stderr == (
        "There is no ECS service in 0 clusters, so nothing was written. Is it the right --region and "
        "account?\n"
    )


def test_a_cluster_that_no_region_has_is_named_with_those_that_there_are(aws_account: EcsSandbox) -> None:
    alone = run_init("--cluster", "prodution")

    assert (alone.exit_code, written_files()) == (1, set())
    missing = "There is no ECS cluster prodution in the regions that were read. There are: production.\n"
    assert alone.stderr == (
        f"Reading cluster prodution in eu-west-1 ...\n{missing}"
        "So nothing was written. Without --cluster, every cluster is read.\n"
    )
    both = run_init("--cluster", "prodution", "--cluster", "production")

    assert both.exit_code == 0
    assert both.stderr.endswith(missing)
    assert len(load_catalogue("services.yml").services) == 6


def test_a_cluster_may_be_in_one_of_the_regions_only(aws_account: EcsSandbox) -> None:
    result = run_init("--region", "us-east-1", "--region", "eu-west-1", "--cluster", "production")

    assert result.exit_code == 0
    assert result.stderr == (
        "Reading cluster production in us-east-1 ...\nReading cluster production in eu-west-1 ...\n"
    )


def test_an_account_with_services_that_slipway_cannot_deploy(large_account: EcsSandbox) -> None:
    for name in ("intranet", "copy-of-intranet", "node-agent"):
        large_account.client("ecs").delete_service(cluster="legacy", service=name, force=True)

    result = run_init("--cluster", "legacy")

    assert (result.exit_code, written_files()) == (1, set())
    assert result.stderr.endswith(
        "Found 5 services, but none that Slipway can deploy: it has to be ACTIVE, and ECS itself has to roll "
        "it out. So nothing was written.\n"
    )


def test_without_a_region_it_says_how_to_name_one(
    aws_account: EcsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(command, "_region_of_profile", lambda: None)

    result = run_init()

    assert result.exit_code == 2
    assert result.stderr == "No AWS region is set. Name one: slipway init --region eu-west-1, say.\n"


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-west-1a", "`eu-west-1a` is an availability zone; write its region: `eu-west-1`."),
        ("...", "`...` is not an AWS region; write one such as `eu-west-1`."),
    ],
)
def test_a_region_of_the_settings_that_cannot_be_one_is_refused(
    aws_account: EcsSandbox, monkeypatch: pytest.MonkeyPatch, region: str, said: str
) -> None:
    monkeypatch.setenv("AWS_REGION", region)

    result = run_init()

    assert (result.exit_code, aws_account.calls()) == (2, [])
    assert result.stderr == f"The AWS region of your settings cannot be used: {said}\n"


def test_without_credentials_it_says_so(empty_workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(empty_workdir))

    result = run_init("--region", "eu-west-1")

    assert result.exit_code == 2
    assert result.stderr == (
        "AWS does not accept your credentials for sts:GetCallerIdentity: Unable to locate credentials. Set "
        "AWS_PROFILE, or renew them.\n"
    )
    assert written_files() == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--deployers", "@alice"), "is a name, not an id"),
        (("--approvers", "C01DEPLOYS"), "a channel's id"),
        (("--channel", "#deploys"), "is a name, not an id"),
        (("--region", "eu-west-1a"), "is an availability zone"),
        (("--cluster", "arn:aws:ecs:eu-west-1:123456789012:cluster/production"), "write only the name"),
        (("--deployers", "everyone,U01ALICE00"), "stands alone"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_read(
    empty_workdir: Path, arguments: tuple[str, str], said: str
) -> None:
    result = run_init(*arguments)

    assert (result.exit_code, written_files()) == (2, set())
    assert said in re.sub(r"[\s│]+", " ", result.stderr)


def test_a_file_in_place_of_the_folder_is_refused_before_anything_is_read(aws_account: EcsSandbox) -> None:
    Path("file").write_text("")

    result = run_init("--out", "file")

    assert (result.exit_code, aws_account.calls()) == (2, [])
    assert "'file' is a file" in re.sub(r"[\s│]+", " ", result.stderr)


def test_a_folder_that_cannot_be_written(aws_account: EcsSandbox) -> None:
    Path("file").write_text("")

    result = run_init("--out", "file/slipway")

    assert result.exit_code == 2
    assert "The files cannot be written: " in result.stderr
