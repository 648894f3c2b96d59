"""Clicks that come too late, or on a message that no longer speaks for the deploy."""

from __future__ import annotations

from deploys.errors.refused import Refused


class AlreadyDecided(Refused):
    sentence = """Already decided: {how}."""


class QuestionClosed(Refused):
    sentence = """This question is closed: the deploy {state}. Nothing was changed by your click."""


class PlanChanged(Refused):
    sentence = """The plan changed after it was shown, so this answer does not count. The new question is in
    the thread."""


class OldCard(Refused):
    sentence = """This message no longer speaks for the deploy, so its buttons do nothing. {where}"""


class PauseAnswered(Refused):
    sentence = """Already answered: {user} pressed *{button}*."""


class PauseOver(Refused):
    sentence = """This pause is over: {how}. Nothing was changed by your click."""
