"""The button *Ask somebody who may* on a refusal for who asked: a message in the channel calls those whom the
refusal names, and one of them may run the same request (`deploys.buttons.run_asked`)."""

from __future__ import annotations

from deploys.access import Access
from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.buttons.button import Button, ButtonContext, ButtonPress, button_value
from deploys.buttons.repeat_request import find_refused, take_refused, typed_command
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.slack_ids import EVERYONE
from deploys.errors import AskedLately, ChoiceGone
from deploys.holds.breaking_locks import services_of
from deploys.mrkdwn import code
from deploys.records.asked_request import AskedRequest
from deploys.records.audit_entry import AuditEntry
from deploys.records.deploy import new_deploy_id
from deploys.records.refused_request import RefusedRequest
from deploys.stores import audit, redis_keys
from deploys.stores.asked_requests import AskedRequests

ASK_SOMEBODY = "refused:ask-somebody"
SECONDS_BETWEEN = 600
"""A person calls others for the same services at most once in so many seconds."""


def ask_somebody_button(refused: RefusedRequest) -> Button | None:
    """None if the refusal names nobody in particular, or there is no channel to ask in."""
    if not _people(refused):
        return None
    return Button(ASK_SOMEBODY, "Ask somebody who may", button_value(refused.id), style="primary")


def handle(press: ButtonPress) -> str:
    """Has a worker post the message.

    Raises:
        AskedLately: this person asked the same a short time ago.
        ChoiceGone, ChoiceOfAnother, CommandTooLate, and what `Access.may` raises: services are not to be
        talked about there.
    """
    refused, context = find_refused(press), press.context
    people = _people(refused)
    if not people:
        raise ChoiceGone()
    refuse_unless_seen(refused, context.access, context.catalogue)
    press.actor.refuse_if_late()
    what = ",".join(refused.services) or refused.facts.get("service", "") or refused.target
    lately = redis_keys.asked_lately(f"{press.actor.user}:{what}")
    if not context.store.redis.set(lately, "", ex=SECONDS_BETWEEN, nx=True):
        raise AskedLately(minutes=SECONDS_BETWEEN // 60)
    taken = take_refused(press)
    override = {"subcommand": "override"} if _is_frozen(taken) else {}
    now = context.now()
    asked = AskedRequest(id=new_deploy_id(), refused=taken.evolve(**override), people=people, asked_at=now)
    write_entry(asked, context, who=press.actor.user, what="asked somebody who may")
    AskedRequests(context.store.redis).add(asked)
    context.jobs.show_asked_requests(asked.id)
    return f"Asked {people} here to run {code(typed_command(asked.refused))}, which the message offers."


def write_entry(asked: AskedRequest, context: ButtonContext, *, who: str, what: str, why: str = "") -> None:
    """Writes who asked, or who ran it, into the audit."""
    refused = asked.refused
    entry = AuditEntry(
        at=f"{context.now():.3f}",
        who=who,
        what=what,
        verb=refused.subcommand,
        target=refused.target or refused.tag or _argument(refused),
        why=why or refused.reason,
        channel=refused.request.channel,
        team=refused.request.team,
        service=",".join(refused.services) or refused.facts.get("service", ""),
        tag=refused.tag,
        catalogue=context.catalogue.version,
    )
    audit.write(context.store.redis, entry)


def _argument(refused: RefusedRequest) -> str:
    """The command or the count."""
    return str(refused.arguments.get("command_line") or refused.arguments.get("count", ""))


def refuse_unless_seen(refused: RefusedRequest, access: Access, catalogue: Catalogue) -> None:
    """Raises what `Access.may` raises if its services are not to be talked about where it was typed."""
    asker = Asker.of_request(refused.request)
    names = (refused.facts.get("service", ""), *refused.services, refused.facts.get("target", ""))
    services = {each for name in names if name for each in services_of(name, catalogue)}
    for service in services or catalogue.service_names:
        access.may(Action.SEE, asker, service)


def _people(refused: RefusedRequest) -> str:
    """Those whom the refusal names, as mentions; empty if they cannot be asked."""
    is_channel = refused.request.channel.startswith(("C", "G"))
    if not refused.subcommand or refused.is_query or not is_channel:
        return ""
    facts = refused.facts
    found = facts.get("people") or facts.get("deployers") or facts.get("approvers") or ""
    return "" if EVERYONE in found.split(", ") or "<" not in found else found


def _is_frozen(refused: RefusedRequest) -> bool:
    return refused.facts.get("may_override") == "no"
