"""Who may not do it, or not here."""

from __future__ import annotations

from deploys.errors.base import Refused


class NotADeployer(Refused):
    sentence = """You may not deploy `{service}`. Those who may: {deployers}, as `deployers` in `services.yml`
    says."""


class NotAllowed(Refused):
    sentence = """You may not {action} `{service}`. Those who may: {people}, as `{rule}` in `services.yml`
    says."""


class NotAnApprover(Refused):
    sentence = """You are not an approver of `{service}`. Those who are: {approvers}, as `approvers` in
    `services.yml` says."""


class MayNotWithdraw(Refused):
    sentence = """You may not withdraw this deploy of `{service}`. Those who may, as requester and as
    `approvers` in `services.yml`: {people}."""


class NotAMember(Refused):
    sentence = """Only active members of this workspace may do something with `{service}`, and Slack says that
    you are {what}. Those who may {action}: {people}."""


class GuestRefused(Refused):
    sentence = """You are a guest of this workspace, and guests may do nothing with `{service}`: `guests` is
    not `true` for it in `services.yml`. Those who may {action}: {people}."""


class DirectMessageRefused(Refused):
    sentence = """`{service}` may not be changed or asked about in direct messages: `direct_messages` is not
    `true` for it in `services.yml`. Ask in {channels}."""


class SharedChannelRefused(Refused):
    sentence = """This channel is shared with another organisation, and `{service}` may not be changed or
    asked about in such channels: `shared_channels` is not `true` for it in `services.yml`. Ask in
    {channels}."""


class ChannelHidden(Refused):
    sentence = """Slack does not let me see this channel, so I cannot tell whether it is shared with another
    organisation. Nothing was changed. Invite me to it, or ask about `{service}` in {channels}."""


class SlackUnsure(Refused):
    sentence = """Slack did not say what I have to know to decide this. Nothing was changed. Try again in a
    minute."""


class NoSelfApproval(Refused):
    sentence = """You asked for this deploy, so somebody else has to approve it: {approvers}."""


class NoSelfRejection(Refused):
    sentence = """You asked for this deploy, so cancel it instead of rejecting it: `/deploy cancel
    {id}`."""


class NoSelfContinue(Refused):
    sentence = """You asked for this deploy, so somebody else has to let it continue: {approvers}. You may
    roll it back."""


class MembershipUnknown(SlackUnsure):
    sentence = """Slack did not say who is in {groups}, so I cannot tell whether you may do this to
    `{service}`. Nothing was changed. Try again in a minute; user ids in `services.yml` work without user
    groups."""


class PersonUnknown(SlackUnsure):
    sentence = """Slack did not say who you are, a member or a guest, so I cannot tell whether you may do this
    to `{service}`. Nothing was changed. Try again in a minute."""


class ChannelUnknown(SlackUnsure):
    sentence = """Slack did not say what kind of channel this is, so I cannot tell whether `{service}` may be
    changed or asked about here. Nothing was changed. Try again in a minute."""


class WrongChannel(Refused):
    sentence = """`{service}` may not be deployed from this channel, only from {channels}, as `channels` in
    `services.yml` says."""


class WrongChannelForQuery(Refused):
    sentence = """`{service}` cannot be asked about in this channel, only in {channels}, as `channels` in
    `services.yml` says."""


class CommandLineUserUnknown(Refused):
    sentence = """`{who}` on the command line is not {user}: `command_line` in `services.yml` does not say so
    (any more). Nothing was changed. The people who may edit that file can name you there."""


class NotFromHere(Refused):
    sentence = """This is about all services, and not to be asked for here: in a direct message
    (`direct_messages`), in a channel shared with another organisation (`shared_channels`), or where I am not
    let in. No service that you may do this with allows that in `services.yml`. Nothing was changed. Ask in a
    channel of this workspace that I am in."""


class MayOnNone(Refused):
    sentence = """You may do this with no service."""


class WrongWorkspace(Refused):
    sentence = """This workspace is not the one this Slipway belongs to. Nothing was changed."""
