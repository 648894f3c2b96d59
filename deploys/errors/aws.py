"""What AWS answered."""

from __future__ import annotations

from deploys.errors.base import SlipwayError


class AwsError(SlipwayError):
    sentence = """{action} failed in AWS: {detail}"""


class AwsUnavailable(AwsError):
    sentence = """AWS does not answer {action} for now ({detail}). It is tried again."""


class AwsBudgetSpent(AwsUnavailable):
    """No call was made. `limit` is a name in `deploys.aws_limits`, `seconds` the time until its turn comes,
    `before` how many others come first."""

    sentence = """AWS takes only so many {about} a second from one account, and Slipway's share of them is
    used up for now."""


class AwsResultUnknown(AwsUnavailable):
    sentence = """AWS gave no answer to {action} ({detail}), so it may or may not have been done. I look
    before I try again."""


class AwsDenied(AwsError):
    sentence = """AWS does not allow {action}: {detail} Add it to the role of the workers."""


class AwsExplicitDeny(AwsDenied):
    sentence = """AWS does not allow {action}: {detail} An explicit deny wins over what a role allows, so
    the owner of that policy has to remove it."""


class AwsDeniedByOtherAccount(AwsDenied):
    sentence = """AWS does not allow {action}: {detail} That belongs to account {account}, and its policy
    there has to allow it: the role of the caller alone cannot."""


class AwsDeniedByPolicy(AwsDenied):
    sentence = """AWS does not allow {action}: {detail} Adding it to the role does not help: the {policy} that
    holds for the caller has to allow it."""


class AwsDeniedToRole(AwsDenied):
    sentence = """AWS does not allow {action}: {detail} Add it to that role, which `services.yml` names for
    the service."""


class RoleDenied(AwsDenied):
    sentence = """AWS does not let {who} assume the role {role} ({action}). The role has to exist, its trust
    policy has to allow that {external}, and the workers need the permission {action} on it."""


class AwsCredentials(AwsDenied):
    sentence = """AWS does not accept the credentials of the workers for {action}: {detail} Renew them where
    the workers run."""


class ServiceDeploymentsUnavailable(AwsError):
    sentence = """ECS service deployments cannot be used here ({action}: {detail})."""


class AwsRefused(AwsError):
    sentence = """AWS refused {action}: {detail}"""
