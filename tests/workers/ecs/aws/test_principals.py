"""Principals of AWS as people read them."""

from __future__ import annotations

import pytest

from workers.ecs.aws.principals import short_principal_name

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("principal", "shown"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/terraform", "ci (terraform)"),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_1f2e/alice@example.com",
            "AWSReservedSSO_Admin_1f2e (alice@example.com)",
        ),
        (
            f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/cdk-exec/AWSCloudFormation",
            "cdk-exec (AWSCloudFormation)",
        ),
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:user/teams/shop/alice", "alice"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/alice", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:root", f"the root user of {ACCOUNT}"),
        ("ecs.amazonaws.com", "ecs.amazonaws.com"),
        ("", ""),
        (None, ""),
    ],
)
def test_who(principal: str | None, shown: str) -> None:
    assert short_principal_name(principal) == shown
