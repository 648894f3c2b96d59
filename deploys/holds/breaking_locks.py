"""Ends the lock of somebody else, who is told."""

from __future__ import annotations

from typing import Protocol

from deploys.access import Access, Action, Asker
from deploys.catalogue.catalogue import Catalogue
from deploys.errors import Refused
from deploys.errors.locks import LockNotYours, LockOver
from deploys.holds.lock_text import lock_sentence, locked_thing
from deploys.mrkdwn import escape_line, mention, mentions
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


def break_lock(lock: Lock, asker: Asker, context: LockContext, now: float) -> None:
    """Breaks the lock of somebody else: its owner is told, and the audit has it.

    Raises:
        LockNotYours: this person may not.
        LockOver: it is over by now, or another one has taken its place.
    """
    refuse_to_break(lock, asker, context)
    text = (
        f"{mention(asker.user)} has broken your lock of {locked_thing(lock)} ({escape_line(lock.reason)}). "
        "What waited for it goes on."
    )
    notice = PersonalNotice(id=new_deploy_id(), user=lock.owner, channel=lock.channel, text=text, at=now)
    entry = lock_entry(lock, "lock broken", asker, context.catalogue, now)
    if not context.locks.break_lock(lock, notice, entry):
        raise LockOver()


def refuse_to_break(lock: Lock, asker: Asker, context: LockContext) -> None:
    """Raises LockNotYours unless this person may override all services of the lock."""
    services = services_of(lock.target, context.catalogue)
    try:
        for service in services:
            context.access.may(Action.OVERRIDE, asker, service)
        allowed = bool(services) or context.access.may_on_any((Action.OVERRIDE,), asker)
    except Refused:
        allowed = False
    if not allowed:
        people = context.access.people_of(Action.OVERRIDE, services)
        raise LockNotYours(
            how=lock_sentence(lock),
            owner=mention(lock.owner),
            people=mentions(people),
            target=lock.target,
            lock=lock.id,
        )


def lock_facts(lock: Lock, asker: Asker, context: LockContext) -> dict[str, str]:
    """What an error says of the lock that refused this person, and what the buttons on it need."""
    try:
        refuse_to_break(lock, asker, context)
    except Refused:
        may_break = ""
    else:
        may_break = "yes"
    return {"how": lock_sentence(lock), "target": lock.target, "lock": lock.id, "may_break": may_break}


def lock_entry(lock: Lock, what: str, asker: Asker, catalogue: Catalogue, now: float) -> AuditEntry:
    """What the audit says of a change of a lock. catalogue: by which it was decided."""
    return AuditEntry(
        at=f"{now:.3f}",
        who=asker.user,
        what=what,
        verb="lock",
        target=lock.target,
        why=lock.reason,
        channel=asker.channel,
        team=asker.team,
        source=asker.source,
        service=lock.target if lock.services == (lock.target,) else "",
        **lock_fields(lock),
        catalogue=catalogue.version,
    )
