"""Who may not do it, or not here."""

from __future__ import annotations

from deploys.errors.base import Refused


class NotADeployer(Refused):
    sentence = """You may not deploy `{service}`. Those who may: {deployers}."""


class NotAllowed(Refused):
    sentence = """You may not {action} `{service}`. Those who may: {people}."""


class NotAnApprover(Refused):
    sentence = """You may not decide about `{service}`. Those who may: {approvers}."""


class NoSelfApproval(Refused):
    sentence = """You asked for this deploy, so somebody else has to approve it: {approvers}."""


class NoSelfRejection(Refused):
    sentence = """You asked for this deploy, so cancel it instead of rejecting it: `/deploy cancel
    {id}`."""


class NoSelfContinue(Refused):
    sentence = """You asked for this deploy, so somebody else has to let it continue: {approvers}. You may
    roll it back."""


class MembershipUnknown(Refused):
    sentence = """Slack did not say who is in {groups}, so I cannot tell whether you may do this to
    `{service}`. Nothing was changed. Try again in a minute; user ids in `services.yml` work without user
    groups."""


class WrongChannel(Refused):
    sentence = """`{service}` may not be deployed from this channel, only from {channels}."""


class WrongChannelForQuery(Refused):
    sentence = """`{service}` cannot be asked about in this channel, only in {channels}."""


class WrongWorkspace(Refused):
    sentence = """This workspace is not the one this Slipway belongs to. Nothing was changed."""
