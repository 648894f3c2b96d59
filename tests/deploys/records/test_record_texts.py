"""Every text of a deploy's record is a name, or redacted, or may hold quotes that can be taken out again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin

import pytest

from deploys.catalogue.service import Service
from deploys.quoted_texts import with_quotes, without_quotes
from deploys.quoting import NOT_QUOTED, NOT_SHOWN, quote_code, quote_log, quoted, quotes_hidden
from deploys.records.deploy import Deploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.plan import ConfigChange, NewerRevision, Plan, RevisionConfig
from deploys.records.quote import PROSE, Quote
from deploys.records.record import Record
from deploys.records.rollout import ImageMatch, RunningImages
from deploys.records.thread_messages import ThreadMessageKind
from deploys.redaction import redact
from tests.builders import NOW, a_deploy, a_plan

NAMES = {
    "approval and cancel": "Cancel.channel Cancel.team Cancel.user Decision.channel "
    "Decision.team Decision.user",
    "who asked on the command line, by names of services.yml": "Cancel.command_line Decision.command_line "
    "DeployRequest.command_line Override.command_line PauseAnswer.command_line",
    "the request": "Deploy.batch_id Deploy.id Deploy.rollback_target Deploy.tag DeployRequest.channel "
    "DeployRequest.requester DeployRequest.team DeployRequest.thread_ts Override.user LockRef.id "
    "LockRef.owner LockRef.target RefusalHints.external_deployment_id RefusalHints.instead_tag "
    "RefusalHints.likely_tags",
    "the plan": "ContainerChange.container ContainerChange.digest ContainerChange.new_image "
    "ContainerChange.old_image Plan.digest Plan.log_group Plan.log_region "
    "Plan.old_revision Plan.old_tag Plan.source_revision Plan.tag "
    "RevisionConfig.newest RevisionConfig.origin NewerRevision.registered_by NewerRevision.revision "
    "NewerRevision.tried_by NewerRevision.tried_outcome TrafficPlan.alarms TrafficPlan.strategy "
    "PlannedPause.stages",
    "names and values of a task definition without secrets (config_diff.py)": "ConfigChange.added "
    "ConfigChange.changed ConfigChange.container ConfigChange.field ConfigChange.new ConfigChange.old "
    "ConfigChange.removed",
    "what ECS names": "DrainingTasks.arns EcsIdentity.deployment_id EcsIdentity.new_revision "
    "RolloutProgress.new_tasks RolloutProgress.old_tasks "
    "EcsIdentity.previous_deployment_id EcsIdentity.service_deployment_arn EcsRollback.deployment_id "
    "EcsRollback.revision OldTask.last_status "
    "OldTask.task_id PreTaskRun.container PreTaskRun.status PreTaskRun.task_arn RestorePoint.revision "
    "RestorePoint.task_arns Rollback.revision_copy RolloutCounts.status RunningImage.container "
    "RunningImage.digest",
    "a limit of AWS's (deploys/aws_limits.py)": "AwsWait.limit",
    "a pause": "Pause.hook_id Pause.stage PauseAnswer.channel PauseAnswer.team PauseAnswer.user "
    "TrafficShift.alarms TrafficShift.reported TrafficShift.stage",
    "keys of what was seen and reported, never shown": "PendingConfirmation.key "
    "RolloutProgress.reported_causes",
    "a sentence with the reason of a lock, stop or freeze, which is redacted and escaped": "Hold.sentence",
    "redacted where it is made (deploys/quoting.py)": "Quote.text",
}
"""Texts that hold no words of AWS or of a container, and why."""


def texts_of(record: type[Record]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The texts of a record and its parts, with what their types say."""
    record.model_rebuild()
    for name, field in record.model_fields.items():
        yield from _texts_in(field.annotation, field.metadata, f"{record.__name__}.{name}")


def _texts_in(kind: Any, metadata: Sequence[Any], path: str) -> Iterator[tuple[str, Sequence[Any]]]:
    if kind is str:
        yield path, metadata
    elif isinstance(kind, type) and issubclass(kind, Record) and kind is not Service:
        yield from texts_of(kind)
    elif get_origin(kind) is Annotated:
        yield from _texts_in(get_args(kind)[0], get_args(kind)[1:], path)
    else:
        for each in get_args(kind):
            yield from _texts_in(each, (), path)


def is_redacted(metadata: Sequence[Any]) -> bool:
    return any(getattr(each, "func", None) is redact for each in metadata)


def test_every_text_of_a_deploy_is_a_name_or_can_be_shown_safely() -> None:
    parts = (Deploy, RevisionConfig, NewerRevision, ConfigChange)
    plain = {
        path
        for part in parts
        for path, metadata in texts_of(part)
        if PROSE not in metadata and not is_redacted(metadata)
    }

    assert plain == set(" ".join(NAMES.values()).split())


@pytest.mark.parametrize(
    "changes",
    [
        {"end_reason": "{}"},
        {"retries": {"last_error": "AWS said {}."}},
        {"rollout": {"running_images": RunningImages(match=ImageMatch.UNKNOWN, unknown_reason="{}")}},
        {"plan": a_plan(config=RevisionConfig(unknown_reason="not read: {}"))},
    ],
)
def test_a_quote_is_taken_out_wherever_it_stands(changes: dict[str, Any]) -> None:
    with quotes_hidden(False) as made:
        said, lines = quoted("no <room>"), quote_log("a log line")
    text = a_deploy().evolve(**changes).to_json().replace("{}", f"{said} {lines}")

    deploy = with_quotes(Deploy.from_json(text), made)

    assert deploy.quotes == (Quote(text="no &lt;room&gt;"), Quote(text="a log line", is_log=True))
    assert with_quotes(deploy, made) is deploy
    hidden, without_log = without_quotes(deploy).to_json(), without_quotes(deploy, logs_only=True).to_json()
    assert f"{NOT_QUOTED} {NOT_QUOTED}" in hidden
    assert f"no &lt;room&gt; {NOT_SHOWN}" in without_log


def test_a_quote_that_is_in_no_text_is_not_kept_and_names_stay() -> None:
    with quotes_hidden(False) as made:
        code, name = quote_code("an error"), quoted("web")
    deploy = a_deploy(hold=Hold(kind=HoldKind.LOCK, sentence="web"))

    assert with_quotes(deploy, made) is deploy

    deploy = with_quotes(deploy.with_message(NOW, ThreadMessageKind.PROBLEM, f"{name}: {code}"), made)
    hidden = without_quotes(deploy)
    assert hidden.thread_messages[0].text == f"{NOT_QUOTED}: {NOT_QUOTED}"
    assert hidden.service == deploy.service


def test_nothing_is_remembered_of_what_is_not_quoted() -> None:
    with quotes_hidden(True) as made:
        assert quoted("an error") == quote_log("a line") == NOT_QUOTED
    assert made == []
    assert isinstance(a_plan(), Plan)
