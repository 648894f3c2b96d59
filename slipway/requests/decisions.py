"""What buttons do in Slack, on the command line: `slipway approve`, `continue` and `press`; and `slipway
wait`."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from bot.clicks import ButtonClick, find_channel, handle_click
from bot.commands import parse_words, run_parsed
from bot.private_reply import PrivateReply
from deploys import buttons
from deploys.buttons import button_value, parse_button_value
from deploys.decisions import decision_text
from deploys.deploy_text import name_at_start, status_text
from deploys.errors import NothingAsked, Refused, UnknownDeploy
from deploys.mrkdwn import escape_line
from deploys.pauses import latest_pause_number
from deploys.records.deploy import Deploy
from slipway.requests import exit_codes
from slipway.requests.choices import find_action
from slipway.requests.following import asks
from slipway.requests.options import DeployId, Json, Timeout, read_timeout
from slipway.requests.output import Output
from slipway.requests.running import a_session, print_answer, wait_for
from slipway.requests.session import Session

PANEL = "Decisions"
Yes = Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Ask nothing: the plan was read.")]


def add_to(app: typer.Typer) -> None:
    """Adds all of them."""
    app.command("approve", help=APPROVE_HELP, rich_help_panel=PANEL)(approve)
    app.command("continue", help=CONTINUE_HELP, rich_help_panel=PANEL)(continue_)
    app.command("press", help=PRESS_HELP, rich_help_panel=PANEL)(press)
    codes = "\n".join(f"* {code}: {meaning}" for code, meaning in exit_codes.MEANINGS.items())
    app.command("wait", help=f"{WAIT_HELP}{codes}", rich_help_panel=PANEL)(wait)


APPROVE_HELP = """Approve the plan of a deploy.

Shows the deploy and its plan first, and asks. An approval counts for the plan that was shown: if it has
changed meanwhile, the approval is refused.
"""
CONTINUE_HELP = """Let a paused rollout continue.

`slipway cancel ID` rolls it back instead.
"""
PRESS_HELP = """Do what a button does in Slack.

Answers offer such commands where Slack has buttons: `slipway press lock-queue k3v9w2xq`. A choice that lifts
a refusal belongs to the person who was refused, works once, and for an hour.
"""
WAIT_HELP = """Tell what happens to deploys until they have ended.

Several can be named. Ctrl-C leaves them going on. The exit code says how they ended, as with --wait:

"""
"""Followed by the exit codes."""


def approve(deploy_id: DeployId, yes: Yes = False, as_json: Json = False) -> None:
    """`slipway approve ID`"""
    _answer_question(buttons.APPROVE, "approve", deploy_id, yes=yes, as_json=as_json)


def continue_(deploy_id: DeployId, yes: Yes = False, as_json: Json = False) -> None:
    """`slipway continue ID`"""
    _answer_question(buttons.CONTINUE, "continue", deploy_id, yes=yes, as_json=as_json)


def press(
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="Such as lock-queue, as it was offered.")],
    about: Annotated[str, typer.Argument(metavar="ID", help="What it is about, as it was offered.")],
    as_json: Json = False,
) -> None:
    """`slipway press CHOICE ID`"""
    with a_session("press", as_json=as_json) as (session, output):
        value = about if "." in about else f"{about}.0"
        try:
            action_id = find_action(choice)
            if parse_button_value(value) is None:
                raise UnknownDeploy(id=escape_line(about[:64]).replace("`", "’"))
        except Refused as refusal:
            request = session.request("")
            raise typer.Exit(
                print_answer(session.refuse(refusal, request), session, request, output)
            ) from refusal
        code = _press(action_id, value, session, output)
    raise typer.Exit(code)


def wait(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Of deploys, or of a batch.")],
    timeout: Timeout = "",
    as_json: Json = False,
) -> None:
    """`slipway wait ID ...`"""
    seconds = read_timeout(timeout, waits=True)
    with a_session("wait", as_json=as_json) as (session, output):
        found: list[str] = []
        for each in ids:
            _show(each, session, output, quietly=True)  # whether it may be seen
            batch = session.context.store.batch(each)
            found += batch.deploys if batch else [each]
        code = wait_for(list(dict.fromkeys(found)), session, output, timeout=seconds)
    raise typer.Exit(code)


def _answer_question(action_id: str, verb: str, deploy_id: str, *, yes: bool, as_json: bool) -> NoReturn:
    with a_session(verb, as_json=as_json) as (session, output):
        deploy = session.context.store.get(deploy_id)
        _show(deploy_id, session, output, quietly=yes or as_json)
        if deploy is None or not asks(deploy):
            request = session.request(find_channel(button_value(deploy_id), session.context))
            state = status_text(deploy) if deploy else "is a batch"
            what = name_at_start(deploy) if deploy else f"`{deploy_id}`"
            refused = session.refuse(NothingAsked(what=what, state=state), request)
            raise typer.Exit(print_answer(refused, session, request, output))
        if not yes:
            _confirm(f"{verb.capitalize()} this?")
        code = _press(action_id, button_value(deploy.id, _question_of(action_id, deploy)), session, output)
    raise typer.Exit(code)


def _question_of(action_id: str, deploy: Deploy) -> int:
    """The number of the question as it was just shown."""
    return latest_pause_number(deploy) if action_id == buttons.CONTINUE else deploy.approval.question


def _confirm(question: str) -> None:
    """Raises typer.Exit if the answer is no, or nobody can be asked."""
    if not can_ask():
        raise typer.BadParameter(
            "nobody can be asked here. Read `slipway show ID`, and add --yes.", param_hint="--yes"
        )
    if not typer.confirm(question):
        typer.echo("Nothing was changed.")
        raise typer.Exit(exit_codes.REFUSED)


def can_ask() -> bool:
    """Whether a person sits at the terminal."""
    return sys.stdin.isatty()


def _show(shown_id: str, session: Session, output: Output, *, quietly: bool) -> None:
    """Prints what `slipway show ID` does, unless quietly. Ends the command if it may not be seen."""
    request = session.request(find_channel(button_value(shown_id), session.context))
    answered = session.ask(
        lambda: run_parsed(parse_words("show", [shown_id]), request, session.context), request, changes=False
    )
    code = exit_codes.DONE
    if answered.error or not quietly:
        code = print_answer(answered, session, request, output)
    if code != exit_codes.DONE:
        raise typer.Exit(code)


def _press(action_id: str, value: str, session: Session, output: Output) -> int:
    """Does what the button does, by the channel of what it is about. Returns the exit code."""
    context = session.context
    request = session.request(find_channel(value, context))
    click = ButtonClick(action_id, value, message_ts="", ephemeral=True)

    def handle() -> PrivateReply:
        reply = handle_click(click, request, context)
        return reply or PrivateReply(_done_text(value, session))

    return print_answer(session.ask(handle, request, changes=True), session, request, output)


def _done_text(value: str, session: Session) -> str:
    """What became of it, where a card shows that in Slack."""
    parsed = parse_button_value(value)
    deploy = session.context.store.get(parsed.deploy_id) if parsed else None
    if deploy is None:
        return "Done."
    decided = decision_text(deploy)
    return f"Done: {name_at_start(deploy)} {f'is {decided}' if decided else status_text(deploy)}."
