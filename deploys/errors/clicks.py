"""Clicks that come too late, or on a message that no longer speaks for the deploy."""

from __future__ import annotations

from deploys.errors.refused import Refused


class AlreadyDecided(Refused):
    """Already decided: {how}."""


class QuestionClosed(Refused):
    """This question is closed: the deploy {state}. Nothing was changed by your click."""


class PlanChanged(Refused):
    """The plan changed after it was shown, so this answer does not count. The new question is in the
    thread."""


class OldCard(Refused):
    """This message no longer speaks for the deploy, so its buttons do nothing. {where}"""


class PauseAnswered(Refused):
    """Already answered: {user} pressed *{button}*."""


class PauseOver(Refused):
    """This pause is over: {how}. Nothing was changed by your click."""
