"""The button that deploys the tag which was likely meant: as if whoever pressed it had typed the command."""

from __future__ import annotations

from dataclasses import replace

from bot import commands
from bot.app_context import AppContext
from bot.grammar import Command, DeployBatchCommand, DeployCommand, RollbackCommand
from bot.private_reply import PrivateReply
from bot.request import Request
from deploys.errors import StaleCard, UnknownDeploy
from deploys.records import batch as batches
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.request import Verb


def press_likely_tag(deploy_or_batch_id: str, request: Request, context: AppContext) -> PrivateReply:
    """Asks for the likely tag of a refused deploy or batch, with its reason, where that was asked for: the
    button may stand in a direct message.

    Raises:
        UnknownDeploy, OldCard: there is none to ask for.
        Refused: whatever the command is refused for.
    """
    deploy = context.store.get(deploy_or_batch_id)
    batch = None if deploy else context.store.batch(deploy_or_batch_id)
    asked_for = deploy.request if deploy else batch.request if batch else None
    if asked_for is None:
        raise UnknownDeploy(id=deploy_or_batch_id)
    command = _command_for_batch(batch, context) if batch else _command_for_deploy(deploy) if deploy else None
    if command is None:
        raise StaleCard(where="No tag is likely any more. `/deploy tags SERVICE` lists the newest.")
    asked = replace(
        request,
        channel=asked_for.channel,
        thread_ts=asked_for.thread_ts,
        new_thread=asked_for.new_thread,
    )
    return commands.run_command(command, asked, context)


def _command_for_deploy(deploy: Deploy) -> Command | None:
    if not deploy.refusal.likely_tags:
        return None
    tag = deploy.refusal.likely_tags[0]
    if deploy.verb is Verb.ROLLBACK:
        return RollbackCommand(deploy.service.name, tag)
    return DeployCommand(deploy.service.name, tag, deploy.request.reason)


def _command_for_batch(batch: Batch, context: AppContext) -> Command | None:
    tag = batches.common_likely_tag(context.store.batch_deploys(batch))
    if not tag:
        return None
    if batch.is_group:
        return DeployCommand(batch.name, tag, batch.request.reason)
    return DeployBatchCommand(tuple(batch.name.split(",")), tag, batch.request.reason)
