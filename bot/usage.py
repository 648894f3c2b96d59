"""How Slipway is used, with this workspace's own services; printed for help and after every mistake."""

from __future__ import annotations

from bot import listed, written
from bot.fitting import fitting
from bot.grammar import LONGEST_WHY, VERBS, Mistake, Wrong
from bot.reply import Reply, context, section
from deploys.batch import MOST
from deploys.catalogue import Service, Strategy
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.nearest import nearest
from deploys.catalogue.service import Group
from deploys.errors import TooManyAtOnce
from deploys.mrkdwn import code, mention, plural

ROOM = 2000
"""Characters for the list of services."""
TAKEN = {
    "plan": "SERVICE TAG",
    "tags": "SERVICE",
    "restart": "SERVICE [why]",
    "rollback": "SERVICE [TAG or deploy id]",
    "follow": "SERVICE",
    "status": "[SERVICE]",
    "cancel": "[SERVICE, group or id]",
}
"""What may stand behind a verb."""


def usage(catalogue: Catalogue, bot_user: str, *, before: str = "") -> Reply:
    """All commands and services, below a sentence about what was wrong."""
    example = catalogue.names[0]
    commands = "\n".join(
        (
            f"• `/deploy SERVICE TAG [why]` deploys an image tag: `/deploy {example} 1.4.2 fixes the login`",
            "• a reason such as `on call` or `--force` goes behind a colon: "
            f"`/deploy {example} 1.4.2: on call`",
            f"• `/deploy SERVICE,SERVICE TAG [why]` deploys several at once{_or_a_group(catalogue)}",
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
    services = f"*Services*\n{fitting([_described(each) for each in catalogue.services.values()], ROOM)}"
    threads = f"Slash commands do not work in threads; there write {mention(bot_user)} `deploy SERVICE TAG`."
    parts = ([before] if before else []) + [commands, services, *_groups(catalogue)]
    return Reply(
        "\n\n".join([*parts, threads]),
        (*(section(part) for part in parts), context(threads)),
    )


def mistake(made: Mistake, catalogue: Catalogue, bot_user: str) -> Reply:
    """What was wrong, then the usage.

    Raises:
        UnknownService: one word that is no service.
        TooManyAtOnce: a list with more names than are read.
    """
    if made.wrong is Wrong.TOO_MANY_NAMES:
        raise TooManyAtOnce(count=made.word, most=MOST)
    if made.wrong is Wrong.NOT_ADDRESSED:
        return Reply(
            f"You mentioned me, but I only read messages that begin with {mention(bot_user)}, such as "
            f"{mention(bot_user)} `status`. Say {mention(bot_user)} `help` to see what I do."
        )
    if made.service:
        if not made.verb and (verb := verb_meant(made.service, catalogue)):
            return unknown_verb(made.service, verb, catalogue, bot_user)
        for name in listed.names(made.service):
            if catalogue.group(name) is None:
                catalogue.service(name)
    return usage(catalogue, bot_user, before=_wrong(made))


def verb_meant(word: str, catalogue: Catalogue) -> str | None:
    """The verb that a word is like; None when it is a service, a group or more like one."""
    known = (*catalogue.names, *catalogue.service_groups)
    if word in known or nearest(word, known):
        return None
    found = nearest(word, VERBS)
    return found[0] if found else None


def unknown_verb(word: str, verb: str, catalogue: Catalogue, bot_user: str) -> Reply:
    """A misspelt verb."""
    before = f"I do not know {code(written.shown(word))}. Did you mean `/deploy {verb}`?"
    return usage(catalogue, bot_user, before=before)


def _wrong(made: Mistake) -> str:
    said = code(written.shown(made.word))
    command = _command(made, "")
    match made.wrong:
        case Wrong.NO_SERVICE:
            return f"Which service? Write `/deploy {made.word} {TAKEN[made.word]}`."
        case Wrong.NO_TAG:
            return f"Which tag of {said}? Write `{command} TAG`."
        case Wrong.BAD_TAG:
            return (
                f"{said} is not an image tag. A tag has letters, digits, `_`, `.` and `-`, 128 at most, and "
                "begins with a letter, a digit or `_`."
            )
        case Wrong.WHOLE_IMAGE:
            return f"Write the tag alone, the image is known: `{command} {made.word}`."
        case Wrong.DIGEST:
            return f"{said} is a digest. I go by tags: `{command} TAG`."
        case Wrong.LONG_WHY:
            return f"The reason is {made.word} characters long; {LONGEST_WHY} are allowed. Say it shorter."
        case Wrong.TOO_MANY_WORDS:
            takes = TAKEN.get(made.word)
            return f"That is more than {said} takes{f': `/deploy {made.word} {takes}`' if takes else ''}."
        case Wrong.NOT_A_COMMAND:
            return f"There is no command {said}."
    return _wrong_list(made)


def _wrong_list(made: Mistake) -> str:
    match made.wrong:
        case Wrong.EMPTY_NAME:
            return "A name is missing in the list of services. Write it like `/deploy web,api TAG`."
        case Wrong.REPEATED_NAME:
            return f"{code(written.shown(made.word))} is in the list twice. Name each service once."
        case Wrong.PLACE:
            return (
                f"{code(made.word)} is not taken for a tag, and a place cannot be chosen: each service is "
                f"deployed where `services.yml` says. Write {code(_command(made, made.tag or 'TAG'))}."
            )
        case Wrong.OPTION:
            return _option(made)
        case Wrong.ONE_AT_A_TIME:
            return f"{code(made.word)} takes one service at a time: `/deploy {made.word} {TAKEN[made.word]}`."
    return ""


def _option(made: Mistake) -> str:
    """With what to type instead; where a reason is taken, also how to say that it is one."""
    said, command = written.shown(made.word), _command(made, made.tag)
    text = (
        f"{code(said)} reads like a place or an option, and there are none: each service is deployed where "
        f"`services.yml` says. Nothing was changed. Write {code(command)}."
    )
    if made.verb in ("plan", "rollback"):
        return text
    return f"{text} If it is the reason, put a colon before it: {code(f'{command}: {said}')}."


def _command(made: Mistake, tag: str) -> str:
    return " ".join(filter(None, ("/deploy", made.verb, made.service, tag)))


def _or_a_group(catalogue: Catalogue) -> str:
    groups = catalogue.service_groups
    return f"; a group goes by its name: `/deploy {groups[0]} TAG`" if groups else ""


def _groups(catalogue: Catalogue) -> list[str]:
    groups = [found for name in catalogue.service_groups if (found := catalogue.group(name))]
    lines = [f"{code(each.name)}: {', '.join(map(code, each.services))}{_order(each)}" for each in groups]
    return [f"*Groups*\n{fitting(lines, ROOM // 2)}"] if lines else []


def _order(group: Group) -> str:
    notes = ["one after another"] if group.in_order else []
    notes += ["the first failure stops the rest"] if group.stop_on_first_failure else []
    return f" ({'; '.join(notes)})" if notes else ""


def _described(service: Service) -> str:
    notes = []
    if service.strategy is Strategy.STOP_START:
        notes.append("stop-start, which means downtime")
    if service.approvals:
        notes.append(f"needs {plural(service.approvals, 'approval')}")
    return code(service.name) + (f" ({'; '.join(notes)})" if notes else "")
