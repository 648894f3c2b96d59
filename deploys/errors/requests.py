"""Requests that cannot be queued, and clicks that come too late or on an old message."""

from __future__ import annotations

from deploys.errors.base import Refused


class UnknownService(Refused):
    sentence = """There is no service `{name}` here. {nearest} `/deploy help` lists all of them."""


class CommandTooLate(Refused):
    sentence = """This reached me {seconds} s after you sent it, when Slack had already told you that it
    failed. Nothing was changed. Please send it again.{clock}"""


class MentionTooLate(Refused):
    sentence = """This reached me {seconds} s after you wrote it. You may have moved on since, so nothing was
    changed. Please write it again.{clock}"""


class BatchRefused(Refused):
    sentence = """Nothing was {done}.{refusals}"""


class GroupInList(Refused):
    sentence = """`{name}` is a group of services, and a group is deployed by itself: `/deploy {name} TAG`."""


class CommaMissing(Refused):
    sentence = """`{word}` is a service, and is where the tag of `{name}` should be. Several services
    at once are written with commas: `/deploy {names} TAG`. If it really is a tag, leave the reason out:
    `/deploy {name} {word}`. Nothing was queued."""


class OneServiceAtATime(Refused):
    sentence = """`{name}` is a group of services, and `{verb}` takes one service at a time. In it are:
    {services}."""


class TooManyServices(Refused):
    sentence = """That is {count} services, and at most {most} can be deployed at once. Nothing was
    queued."""


class UnknownDeploy(Refused):
    sentence = """There is no deploy `{id}`. `/deploy history` lists the last ones."""


class NothingToCancel(Refused):
    sentence = """Nothing is under way for {what}. `/deploy status` shows what is."""


class NothingLeftToCancel(Refused):
    sentence = """Nothing of {what} is left to cancel: {states}."""


class NothingToReject(Refused):
    sentence = """Nothing of {service} waits for approval. `/deploy status` shows what is under way."""


class OneOfSeveral(Refused):
    sentence = """Several deploys of {service} wait for approval: {ids}. Name one of them instead."""


class AlreadyCancelled(Refused):
    sentence = """{what} is being cancelled already: {user} asked for it. Its thread says how it ends."""


class AlreadyRollingBack(Refused):
    sentence = """{what} is being rolled back already. Its thread says how it ends."""


class TooLateToCancel(Refused):
    sentence = """{what} {state}, so there is nothing left to cancel. Nothing was changed."""


class AlreadyDecided(Refused):
    sentence = """Already decided: {how}."""


class QuestionClosed(Refused):
    sentence = """This question is closed: the deploy {state}. Nothing was changed by your click."""


class PlanChanged(Refused):
    sentence = """The plan changed after it was shown, so this answer does not count. The new question is in
    the thread."""


class NotReplaceable(Refused):
    sentence = """{what} {state}, so nothing was replaced. Nothing was changed: both stay as they are."""


class AskedLately(Refused):
    sentence = """They were asked less than {minutes} minutes ago. Nobody was asked again."""


class ChoiceGone(Refused):
    sentence = """This button was used already, or is older than an hour. Nothing was changed. Please send the
    request again."""


class ChoiceOfAnother(Refused):
    sentence = """This button was offered to {user}, whose request it repeats. Nothing was changed. Send the
    request yourself."""


class AskedRequestOver(Refused):
    sentence = """This can be run no longer: {how}. Nothing was changed by your click."""


class StaleCard(Refused):
    sentence = """This message is out of date, so its buttons do nothing. {where}"""


class StaleForm(Refused):
    sentence = """This form was made by another version of me. Nothing was changed. Close it and type
    `/deploy` again."""


class ChannelMissing(Refused):
    sentence = """`services.yml` names no channel of `{service}`, so choose the one in which the deploy is to
    be told."""


class TagOfAnotherService(Refused):
    sentence = """This tag was chosen for another service. Choose one of `{service}`."""


class TagNotChosen(Refused):
    sentence = """Choose a tag, or type it in full."""


class PauseAnswered(Refused):
    sentence = """Already answered: {user} pressed *{button}*."""


class PauseClosed(Refused):
    sentence = """This pause is over: {how}. Nothing was changed by your click."""


class TooManyRequests(Refused):
    sentence = """You sent more than {limit} {what} within a minute, so this one was not looked at. Nothing
    was changed. Try again in {seconds} s."""
    is_first = True
    """Whether this person was not told since the last request that was taken."""


class QueueFull(Refused):
    sentence = """{count} {what} of `{service}` wait already, and at most {most} may. Nothing was queued.
    Wait until one has ended, or cancel one that is not needed any more: `/deploy status {service}` shows
    them."""


class TooManyOpenDeploys(Refused):
    sentence = """{count} deploys that you asked for have not ended, and at most {most} of one person may be
    open. Nothing was queued. Wait until one has ended, or cancel one that is not needed any more:
    `/deploy status` shows them."""


class ScaleToZero(Refused):
    sentence = """With 0 tasks `{service}` does nothing at all, until somebody scales it up: `/deploy scale
    {service} COUNT`. Nothing was changed yet. If you mean it, confirm it."""


class CommandForgotten(Refused):
    sentence = """What looked like a secret in this command is kept for {hours} hours at most, and they are
    over. Nothing was run. Send the command again."""


class RollbackOfferOver(Refused):
    sentence = """Another deploy has changed `{service}` since, so this button does nothing any more.
    `/deploy rollback {service}` brings back what ran before what runs now."""
