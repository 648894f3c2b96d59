"""What a lock, or the stop of all deploys, refuses."""

from __future__ import annotations

from deploys.errors.base import Refused


class ServiceLocked(Refused):
    sentence = """`{service}` is locked. {how} Nothing was queued."""


class AlreadyLocked(Refused):
    sentence = """Nothing was locked: {how}"""


class NotLocked(Refused):
    sentence = """{what} is not locked.{how} `/deploy locks` lists what is."""


class LockNotYours(Refused):
    sentence = """{how} {owner} can unlock it; to break the lock of somebody else: {people}."""


class LockOver(Refused):
    sentence = """That lock is over, so there is nothing left to do about it.{how} What it held goes on, and
    what it refused can be asked for again."""


class HolderAsked(Refused):
    sentence = """{user} has asked {owner} about this lock {ago}, so I do not ask again yet."""


class AlreadyStopped(Refused):
    sentence = """Nothing was changed: {how} `/deploy resume-all` lets deploys go on."""


class AllStopped(Refused):
    sentence = """{how} The rollout stays at its pause until they are resumed, so nothing was changed. It can
    still be rolled back."""


class NotStopped(Refused):
    sentence = """Deploys are not stopped, so there is nothing to resume.{how}"""


class MayNotStopAll(Refused):
    sentence = """You may not stop all deploys. Those who may deploy or approve some service may:
    {people}."""


class MayNotResumeAll(Refused):
    sentence = """{how} You may not resume them. Those who may, as who stopped them and as `may_override` in
    `services.yml`: {people}."""
