"""How Slipway is used, with this workspace's own services; printed for help and after every mistake."""

from __future__ import annotations

from bot import slack_text
from bot.grammar import MAX_REASON_LENGTH, VERBS, ParseError, ParseErrorKind
from bot.private_reply import PrivateReply, bullet_list, context_block, section_block
from deploys.catalogue import Service
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import ServiceGroup
from deploys.catalogue.suggestions import nearest_names
from deploys.errors import TooManyServices
from deploys.mrkdwn import code, mention, plural
from deploys.records.batch import MAX_SERVICES

MAX_LIST_CHARS = 2000
"""Characters for the list of services."""
ARGUMENTS = {
    "plan": "SERVICE TAG",
    "tags": "SERVICE",
    "restart": "SERVICE [why]",
    "rollback": "SERVICE [TAG or deploy id]",
    "follow": "SERVICE",
    "status": "[SERVICE]",
    "cancel": "[SERVICE, group or id]",
}
"""What may stand behind a verb."""


def usage(catalogue: Catalogue, bot_user: str, *, before: str = "") -> PrivateReply:
    """All commands and services, below a sentence about what was wrong."""
    example = catalogue.service_names[0]
    commands = "\n".join(
        (
            f"• `/deploy SERVICE TAG [why]` deploys an image tag: `/deploy {example} 1.4.2 fixes the login`",
            "• a reason such as `on call` or `--force` goes behind a colon: "
            f"`/deploy {example} 1.4.2: on call`",
            f"• `/deploy SERVICE,SERVICE TAG [why]` deploys several at once{_group_hint(catalogue)}",
            "• `/deploy plan SERVICE TAG` shows what that would change, and changes nothing",
            "• `/deploy tags SERVICE` lists the newest tags, and which one runs",
            "• `/deploy restart SERVICE [why]` starts the same version in new tasks",
            "• `/deploy rollback SERVICE [TAG or deploy id]` brings back what ran well before",
            "• `/deploy follow SERVICE` shows how a rollout goes that was begun elsewhere",
            "• `/deploy status [SERVICE]` shows what is under way, what waits and what ended lately",
            "• `/deploy cancel [SERVICE, group or id]` withdraws it, or rolls back what has begun",
            "• `/deploy help` shows this",
        )
    )
    services = f"*Services*\n{bullet_list([_describe_service(each) for each in catalogue.services.values()], MAX_LIST_CHARS)}"
    threads = f"Slash commands do not work in threads; there write {mention(bot_user)} `deploy SERVICE TAG`."
    parts = ([before] if before else []) + [commands, services, *_list_groups(catalogue)]
    return PrivateReply(
        "\n\n".join([*parts, threads]),
        (*(section_block(part) for part in parts), context_block(threads)),
    )


def explain_parse_error(error: ParseError, catalogue: Catalogue, bot_user: str) -> PrivateReply:
    """What was wrong, then the usage.

    Raises:
        UnknownService: one word that is no service.
        TooManyAtOnce: a list with more names than are read.
    """
    if error.kind is ParseErrorKind.TOO_MANY_NAMES:
        raise TooManyServices(count=error.word, most=MAX_SERVICES)
    if error.kind is ParseErrorKind.NOT_ADDRESSED:
        return PrivateReply(
            f"You mentioned me, but I only read messages that begin with {mention(bot_user)}, such as "
            f"{mention(bot_user)} `status`. Say {mention(bot_user)} `help` to see what I do."
        )
    if error.service:
        if not error.verb and (verb := suggest_verb(error.service, catalogue)):
            return explain_unknown_verb(error.service, verb, catalogue, bot_user)
        for name in slack_text.split_names(error.service):
            if catalogue.get_service_group(name) is None:
                catalogue.get_service(name)
    return usage(catalogue, bot_user, before=_describe_error(error))


def suggest_verb(word: str, catalogue: Catalogue) -> str | None:
    """The verb that a word is like; None when it is a service, a group or more like one."""
    known = (*catalogue.service_names, *catalogue.service_group_names)
    if word in known or nearest_names(word, known):
        return None
    found = nearest_names(word, VERBS)
    return found[0] if found else None


def explain_unknown_verb(word: str, verb: str, catalogue: Catalogue, bot_user: str) -> PrivateReply:
    """A misspelt verb."""
    before = f"I do not know {code(slack_text.shorten_quote(word))}. Did you mean `/deploy {verb}`?"
    return usage(catalogue, bot_user, before=before)


def _describe_error(error: ParseError) -> str:
    said = code(slack_text.shorten_quote(error.word))
    command = _command_typed(error, "")
    match error.kind:
        case ParseErrorKind.MISSING_SERVICE:
            return f"Which service? Write `/deploy {error.word} {ARGUMENTS[error.word]}`."
        case ParseErrorKind.MISSING_TAG:
            return f"Which tag of {said}? Write `{command} TAG`."
        case ParseErrorKind.INVALID_TAG:
            return (
                f"{said} is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at most, and "
                "begins with a letter, a digit or `_`."
            )
        case ParseErrorKind.FULL_IMAGE:
            return f"Write the tag alone, the image is known: `{command} {error.word}`."
        case ParseErrorKind.DIGEST:
            return f"{said} is a digest. I go by tags: `{command} TAG`."
        case ParseErrorKind.REASON_TOO_LONG:
            return f"The reason is {error.word} characters long; {MAX_REASON_LENGTH} are allowed. Say it shorter."
        case ParseErrorKind.TOO_MANY_WORDS:
            takes = ARGUMENTS.get(error.word)
            return f"That is more than {said} takes{f': `/deploy {error.word} {takes}`' if takes else ''}."
        case ParseErrorKind.UNKNOWN_COMMAND:
            return f"There is no command {said}."
    return _describe_list_error(error)


def _describe_list_error(error: ParseError) -> str:
    match error.kind:
        case ParseErrorKind.MISSING_NAME:
            return "A name is missing in the list of services. Write it like `/deploy web,api TAG`."
        case ParseErrorKind.REPEATED_NAME:
            return (
                f"{code(slack_text.shorten_quote(error.word))} is in the list twice. Name each service once."
            )
        case ParseErrorKind.PLACE_FOR_TAG:
            return (
                f"{code(error.word)} is not taken for a tag, and a place cannot be chosen: each service is "
                f"deployed where `services.yml` says. Write {code(_command_typed(error, error.tag or 'TAG'))}."
            )
        case ParseErrorKind.PLACE_OR_OPTION:
            return _describe_option(error)
        case ParseErrorKind.SINGLE_SERVICE_ONLY:
            return f"{code(error.word)} takes one service at a time: `/deploy {error.word} {ARGUMENTS[error.word]}`."
    return ""


def _describe_option(error: ParseError) -> str:
    """With what to type instead; where a reason is taken, also how to say that it is one."""
    said, command = slack_text.shorten_quote(error.word), _command_typed(error, error.tag)
    text = (
        f"{code(said)} reads like a place or an option, and there are none: each service is deployed where "
        f"`services.yml` says. Nothing was changed. Write {code(command)}."
    )
    if error.verb in ("plan", "rollback"):
        return text
    return f"{text} If it is the reason, put a colon before it: {code(f'{command}: {said}')}."


def _command_typed(error: ParseError, tag: str) -> str:
    return " ".join(filter(None, ("/deploy", error.verb, error.service, tag)))


def _group_hint(catalogue: Catalogue) -> str:
    groups = catalogue.service_group_names
    return f"; a group goes by its name: `/deploy {groups[0]} TAG`" if groups else ""


def _list_groups(catalogue: Catalogue) -> list[str]:
    groups = [found for name in catalogue.service_group_names if (found := catalogue.get_service_group(name))]
    lines = [
        f"{code(each.name)}: {', '.join(map(code, each.services))}{_group_order(each)}" for each in groups
    ]
    return [f"*Groups*\n{bullet_list(lines, MAX_LIST_CHARS // 2)}"] if lines else []


def _group_order(group: ServiceGroup) -> str:
    notes = ["one after another"] if group.in_order else []
    notes += ["the first failure stops the rest"] if group.stop_on_first_failure else []
    return f" ({'; '.join(notes)})" if notes else ""


def _describe_service(service: Service) -> str:
    notes = []
    if service.strategy.stops_service:
        notes.append("stop-start, which means downtime")
    if service.approvals:
        notes.append(f"needs {plural(service.approvals, 'approval')}")
    return code(service.name) + (f" ({'; '.join(notes)})" if notes else "")
