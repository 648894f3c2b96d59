"""Reads AWS for a person who waits: tries again what was throttled, and notes what may not be read."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from deploys.errors import AwsCredentials, AwsDenied, AwsError, AwsUnavailable
from deploys.mrkdwn import plain_text
from deploys.safe_text import one_safe_line
from slipway.account_survey.surveyed_service import Gap, GapKind

Answer = TypeVar("Answer")

WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long it waits before each further try, with up to half as much added at random (seconds)."""


class PatientReader:
    """Makes calls one after the other and collects what failed. A missing permission is asked for once in
    each place: AWS would answer the same again."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep
        self.gaps: list[Gap] = []

    def read(self, about: str, call: Callable[[], Answer]) -> Answer | None:
        """The answer; None if AWS does not give it, which is noted as a gap.

        Raises AwsCredentials: without credentials nothing can be read.
        """
        try:
            return call_patiently(call, self.sleep)
        except AwsCredentials:
            raise
        except AwsError as error:
            self.gaps.append(_gap(error, about))
            return None


def call_patiently(call: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """The answer, if necessary after several tries. Raises AwsError."""
    for wait in WAITS_SECONDS:
        try:
            return call()
        except AwsUnavailable:
            sleep(wait * random.uniform(1.0, 1.5))
    return call()


def _gap(error: AwsError, about: str) -> Gap:
    return Gap(
        action=str(error.facts["action"]),
        about=about,
        why=one_safe_line(plain_text(str(error.facts["detail"]))),
        kind=_kind(error),
    )


def _kind(error: AwsError) -> GapKind:
    if isinstance(error, AwsDenied):
        return GapKind.DENIED
    return GapKind.UNANSWERED if isinstance(error, AwsUnavailable) else GapKind.REFUSED
