"""The button that deploys the tag which was likely meant: as if whoever pressed it had typed the command."""

from __future__ import annotations

from dataclasses import replace

from bot import commands
from bot.desk import Desk
from bot.grammar import Command, DeployCommand, DeploySeveralCommand, RollbackCommand
from bot.reply import Reply
from bot.request import Request
from deploys import batch as batches
from deploys.batch import Batch
from deploys.deploy import Deploy, Verb
from deploys.errors import OldCard, UnknownDeploy


def pressed(thing_id: str, request: Request, desk: Desk) -> Reply:
    """Asks for the likely tag of a refused deploy or batch, with its reason, where that was asked for: the
    button may stand in a direct message.

    Raises:
        UnknownDeploy, OldCard: there is none to ask for.
        Refused: whatever the command is refused for.
    """
    deploy = desk.store.get(thing_id)
    batch = None if deploy else desk.store.batch(thing_id)
    asked_for = deploy or batch
    if asked_for is None:
        raise UnknownDeploy(id=thing_id)
    command = _of_batch(batch, desk) if batch else _of_deploy(deploy) if deploy else None
    if command is None:
        raise OldCard(where="No tag is likely any more. `/deploy tags SERVICE` lists the newest.")
    asked = replace(
        request,
        channel=asked_for.channel,
        thread_ts=asked_for.thread_ts,
        new_thread=asked_for.new_thread,
    )
    return commands.answer(command, asked, desk)


def _of_deploy(deploy: Deploy) -> Command | None:
    if not deploy.likely_tags:
        return None
    tag = deploy.likely_tags[0]
    if deploy.verb is Verb.ROLLBACK:
        return RollbackCommand(deploy.service.name, tag)
    return DeployCommand(deploy.service.name, tag, deploy.why)


def _of_batch(batch: Batch, desk: Desk) -> Command | None:
    tag = batches.likely_tag(desk.store.members(batch))
    if not tag:
        return None
    if batch.group:
        return DeployCommand(batch.name, tag, batch.why)
    return DeploySeveralCommand(tuple(batch.name.split(",")), tag, batch.why)
