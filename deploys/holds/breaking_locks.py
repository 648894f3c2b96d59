"""Ends the lock of somebody else, who is told."""

from __future__ import annotations

from typing import Protocol

from deploys.access import Access
from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import LockNotYours, LockOver, MayOnNone, NotAllowed, Refused
from deploys.holds.hold_ends import LOCK_BROKEN, who_ended
from deploys.holds.lock_text import broken_text, lock_sentence
from deploys.mrkdwn import mention, mentions
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import new_deploy_id
from deploys.records.lock import ALL_SERVICES, Lock
from deploys.records.notice import PersonalNotice
from deploys.stores.audit import lock_fields
from deploys.stores.locks import Locks


class LockContext(Protocol):
    """What is needed to change a lock."""

    @property
    def access(self) -> Access: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def catalogue(self) -> Catalogue: ...


def services_of(target: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The services that a target of a lock means now; of a name that services.yml no longer has: none."""
    if target == ALL_SERVICES:
        return catalogue.service_names
    if group := catalogue.get_service_group(target):
        return tuple(group.services)
    return (target,) if target in catalogue.services else ()


def break_lock(lock: Lock, asker: Asker, context: LockContext, now: float, why: str = "") -> None:
    """Breaks the lock of somebody else: its owner is told, and the audit has it. why: as the person typed it.

    Raises:
        LockNotYours, and what `Access.may` raises: this person may not, or not there.
        LockOver: it is over by now, or another one has taken its place.
    """
    refuse_to_break(lock, asker, context)
    text = broken_text(lock, asker.user, why)
    notice = PersonalNotice(id=new_deploy_id(), user=lock.owner, channel=lock.channel, text=text, at=now)
    entry = lock_entry(lock, "unlock", LOCK_BROKEN, asker, context.catalogue, now, why=why)
    if not context.locks.break_lock(lock, notice, entry):
        raise LockOver(how=who_ended(lock.id, context.locks.redis, now))


def refuse_to_break(lock: Lock, asker: Asker, context: LockContext) -> None:
    """Raises LockNotYours unless this person may override all services of the lock; and what else
    `Access.may` raises, if it is not for who they are."""
    services = services_of(lock.target, context.catalogue)
    try:
        for service in services:
            context.access.may(Action.OVERRIDE, asker, service)
        if not services:
            context.access.may_on_any((Action.OVERRIDE,), asker)
    except (NotAllowed, MayOnNone):
        people = context.access.people_of(Action.OVERRIDE, services=services)
        raise LockNotYours(
            how=lock_sentence(lock),
            owner=mention(lock.owner),
            people=mentions(people),
            target=lock.target,
            lock=lock.id,
        ) from None


def lock_facts(lock: Lock, asker: Asker, context: LockContext) -> dict[str, str]:
    """What an error says of the lock that refused this person, and what the buttons on it need."""
    try:
        refuse_to_break(lock, asker, context)
    except Refused:
        may_break = ""
    else:
        may_break = "yes"
    return {"how": lock_sentence(lock), "target": lock.target, "lock": lock.id, "may_break": may_break}


def lock_entry(
    lock: Lock, verb: str, what: str, asker: Asker, catalogue: Catalogue, now: float, why: str = ""
) -> AuditEntry:
    """What the audit says of a change of a lock, or a question about it. verb: what was asked for. catalogue:
    by which it was decided. why: as the person typed it; empty: the reason of the lock."""
    return AuditEntry(
        at=f"{now:.3f}",
        who=asker.user,
        what=what,
        verb=verb,
        target=lock.target,
        why=why or lock.reason,
        channel=asker.channel,
        team=asker.team,
        source=asker.source,
        service=",".join(lock.services),
        **lock_fields(lock),
        catalogue=catalogue.version,
    )
