"""What people ask for that cannot be queued."""

from __future__ import annotations

from deploys.errors.refused import Refused


class UnknownService(Refused):
    sentence = """There is no service `{name}` here. {nearest} `/deploy help` lists all of them."""


class TooLate(Refused):
    sentence = """This reached me {seconds} s after you sent it, when Slack had already told you that it
    failed. Nothing was changed. Please send it again.{clock}"""


class LateMention(Refused):
    sentence = """This reached me {seconds} s after you wrote it. You may have moved on since, so nothing was
    changed. Please write it again.{clock}"""


class SeveralRefused(Refused):
    sentence = """Nothing was {done}.{refusals}"""


class GroupInList(Refused):
    sentence = """`{name}` is a group of services, and a group is deployed by itself: `/deploy {name} TAG`."""


class NoCommas(Refused):
    sentence = """`{word}` is a service, and stands where the tag of `{name}` is looked for. Several services
    at once are written with commas: `/deploy {names} TAG`. If it is a tag indeed, leave the reason out:
    `/deploy {name} {word}`. Nothing was queued."""


class OneAtATime(Refused):
    sentence = """`{name}` is a group of services, and `{verb}` takes one service at a time. In it are:
    {services}."""


class TooManyAtOnce(Refused):
    sentence = """That is {count} services, and at most {most} can be deployed at once. Nothing was
    queued."""


class UnknownDeploy(Refused):
    sentence = """There is no deploy `{id}`. `/deploy status` shows the ones under way."""


class NothingToCancel(Refused):
    sentence = """Nothing is under way for {what}. `/deploy status` shows what is."""


class NothingLeftToCancel(Refused):
    sentence = """Nothing of {what} is left to cancel: {states}."""


class AlreadyCancelled(Refused):
    sentence = """{what} is being cancelled already: {user} asked for it. Its thread says how it ends."""


class AlreadyGoingBack(Refused):
    sentence = """{what} is being rolled back already. Its thread says how it ends."""


class TooLateToCancel(Refused):
    sentence = """{what} {state}, so there is nothing left to cancel. Nothing was changed."""
