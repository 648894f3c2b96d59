"""Ids and ARNs in the forms that AWS uses."""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random

_ID_ALPHABET = string.ascii_letters + string.digits + "_-"


def short_name(name_or_arn: str) -> str:
    """The last part of an ARN, or the name itself."""
    return name_or_arn.rsplit("/", 1)[-1]


def deployment_number(deployment_id: str) -> str:
    """`ecs-svc/123` -> `123`."""
    return deployment_id.partition("/")[2]


def user_arn(account: str) -> str:
    """The IAM user of all calls whose keys do not belong to a role."""
    return f"arn:aws:iam::{account}:user/sandbox"


@dataclass(frozen=True)
class EcsIds:
    """Makes ids and ARNs for one account and region."""

    account: str
    region: str
    random: Random

    def arn(self, kind: str, *path: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}/{'/'.join(path)}"

    def new_hex_id(self, length: int = 32) -> str:
        return f"{self.random.getrandbits(4 * length):0{length}x}"

    def new_uuid(self) -> str:
        digits = self.new_hex_id()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def new_deployment_id(self) -> str:
        return f"ecs-svc/{self.random.randrange(10**18, 10**19)}"

    def new_service_deployment_id(self) -> str:
        return "".join(self.random.choices(_ID_ALPHABET, k=21))
