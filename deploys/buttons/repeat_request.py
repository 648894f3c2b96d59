"""What the buttons on a refusal have in common: they belong to the person who was refused, work once and for
an hour, and repeat the request where it was typed. Access is checked again as for any command."""

from __future__ import annotations

from typing import Any

from deploys.buttons.button import ButtonPress, CommandReply
from deploys.catalogue.durations import format_duration
from deploys.errors import ChoiceGone, ChoiceOfAnother
from deploys.mrkdwn import mention
from deploys.records.refused_request import RefusedRequest
from deploys.text_limits import shorten


def find_refused(press: ButtonPress) -> RefusedRequest:
    """The refused request that the button is about. It may be used again.

    Raises:
        ChoiceGone: it was used, or is too old.
        ChoiceOfAnother: somebody else was refused.
    """
    refused = press.context.refused_requests.find(press.value.deploy_id)
    if refused is None:
        raise ChoiceGone()
    if refused.request.requester != press.actor.user:
        raise ChoiceOfAnother(user=mention(refused.request.requester))
    return refused


def take_refused(press: ButtonPress) -> RefusedRequest:
    """The same, and nobody can use it again: of two presses at once, one is refused. A press that comes too
    late uses nothing up.

    Raises:
        ChoiceGone, ChoiceOfAnother, CommandTooLate
    """
    find_refused(press)
    press.actor.refuse_if_late()
    refused = press.context.refused_requests.take(press.value.deploy_id)
    if refused is None:
        raise ChoiceGone()
    return refused


def repeat_request(press: ButtonPress, refused: RefusedRequest, **changes: Any) -> CommandReply:
    """Runs the command again, in the channel and thread where it was typed. changes: arguments that differ.

    Raises:
        Refused: whatever the command is refused for now.
    """
    arguments: dict[str, Any] = {
        "services": refused.services,
        "tag": refused.tag,
        "target": refused.target,
        "reason": refused.reason,
        **refused.arguments,
        **changes,
    }
    subcommand = arguments.pop("subcommand", refused.subcommand)
    return press.run_command(subcommand, asked_in=refused.request, **arguments)


def typed_command(refused: RefusedRequest, **changes: Any) -> str:
    """`/deploy rollback web 1.4.1`: the command as it could be typed, without its reason. Plain text."""
    values = {name: changes.get(name, getattr(refused, name)) for name in ("subcommand", "tag", "target")}
    verb = "" if values["subcommand"] == "deploy" else values["subcommand"]
    if verb == "override" and not values["tag"]:
        verb = "restart"  # a restart within a freeze is not typed
    services = ",".join(changes.get("services", refused.services))
    count, command = refused.arguments.get("count", ""), refused.arguments.get("command_line", "")
    seconds = refused.arguments.get("seconds")
    rest = (
        str(count),
        f"for {format_duration(int(seconds))}" if seconds else "",
        f"-- {shorten(str(command), 150)}" if command else "",
    )
    words = ("/deploy", verb, shorten(services, 150), values["tag"], shorten(values["target"], 150), *rest)
    return " ".join(word for word in words if word)
