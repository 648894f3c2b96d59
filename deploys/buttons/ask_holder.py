"""The button *Ask the holder* on a refusal by a lock: the owner of the lock is asked whether it can end."""

from __future__ import annotations

from deploys.access_rules import Action
from deploys.buttons.button import Button, ButtonContext, ButtonPress, button_value
from deploys.buttons.repeat_request import find_refused, typed_command
from deploys.errors.locks import HolderAsked, LockOver
from deploys.formatting import time_ago
from deploys.holds.breaking_locks import lock_entry
from deploys.holds.hold_ends import who_ended
from deploys.holds.lock_text import holder_was_asked, question_to_holder
from deploys.mrkdwn import mention
from deploys.records.deploy import new_deploy_id
from deploys.records.lock import Lock
from deploys.records.notice import PersonalNotice
from deploys.records.refused_request import RefusedRequest
from deploys.stores import audit

ASK_HOLDER = "lock:ask-holder"


def ask_holder_button(refused: RefusedRequest) -> Button:
    """It changes nothing, so it asks for no confirmation."""
    return Button(ASK_HOLDER, "Ask the holder", button_value(refused.id))


def handle(press: ButtonPress) -> str:
    """Has a worker ask the owner of the lock, where it was locked. The other buttons stay usable.

    Raises:
        ChoiceGone, ChoiceOfAnother, LockOver, CommandTooLate, and what `Access.may` raises.
        HolderAsked: somebody did so shortly before.
    """
    refused = find_refused(press)
    for service in refused.services:
        press.context.access.may(Action.SEE, press.actor.asker, service)
    lock = find_lock(refused, press.context)
    press.actor.refuse_if_late()
    now = press.context.now()
    notice = PersonalNotice(
        id=new_deploy_id(),
        user=lock.owner,
        channel=lock.channel,
        text=question_to_holder(lock, press.actor.user, _what_waits(refused)),
        at=now,
        lock=lock.ref,
        past_text=holder_was_asked(lock, press.actor.user),
    )
    asked = press.context.locks.ask_holder(lock, press.actor.user, now, notice)
    if asked is not None:
        who, at = asked
        raise HolderAsked(user=mention(who), owner=mention(lock.owner), ago=time_ago(now - at))
    entry = lock_entry(lock, "ask-holder", "holder asked", press.actor.asker, press.context.catalogue, now)
    audit.write(press.context.store.redis, entry)
    press.context.jobs.watch_locks(notice.id)
    return f"{mention(lock.owner)} is asked."


def _what_waits(refused: RefusedRequest) -> str:
    """Nothing does if they only wanted to end the lock."""
    return "" if refused.subcommand == "unlock" else typed_command(refused)


def find_lock(refused: RefusedRequest, context: ButtonContext) -> Lock:
    """The lock that refused it. Raises LockOver if it is gone, or another has its place."""
    lock = context.locks.find(refused.facts.get("target", ""), context.now())
    lock_id = refused.facts.get("lock", "")
    if lock is None or lock.id != lock_id:
        raise LockOver(how=who_ended(lock_id, context.store.redis, context.now()))
    return lock
