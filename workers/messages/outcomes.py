"""How a deploy ended."""

from __future__ import annotations

from deploys.deploy_text import status_text
from deploys.formatting import duration
from deploys.mrkdwn import code, escape_line, mention
from deploys.records.deploy import Deploy
from deploys.short_names import short_arn
from workers.messages import images, tasks
from workers.messages.evidence import Evidence, evidence_lines

_DELETED_STATUS = {
    "": "is gone",
    "DRAINING": "is being deleted (ECS calls it DRAINING)",
    "INACTIVE": "was deleted (ECS calls it INACTIVE)",
}


def succeeded(deploy: Deploy, took: float) -> str:
    """It says that the version runs only if the tasks' images showed it."""
    unknown = images.images_unknown(deploy)
    service, tag = code(deploy.service.name), code(deploy.tag)
    what = f"ECS completed the rollout of {tag} to {service}" if unknown else f"{service} runs {tag}"
    text = f"*Succeeded.* {what}: {tasks.running_count(deploy)}, after {duration(took)}."
    if deploy.downtime_seconds is not None:
        lasted = duration(deploy.downtime_seconds)
        text += f" Downtime: {lasted}, from the request to stop until the full count ran again."
    text += tasks.serving_summary(deploy)
    return f"{text} {unknown}" if unknown else text


def rolled_back(
    deploy: Deploy, revision: str, reason: str, evidence: Evidence, *, recorded: str | None = None
) -> str:
    """recorded: what the service was set to before, if ECS itself chose the revision to roll back to."""
    text = (
        f"*Rolled back* to {code(short_arn(revision))}: "
        f"{reason}{_why_other_revision(deploy, revision, recorded)}"
    )
    if deploy.downtime_seconds is not None:
        text += f" Downtime: {duration(deploy.downtime_seconds)}."
    return "\n".join([text, *evidence_lines(evidence)])


def _why_other_revision(deploy: Deploy, revision: str, recorded: str | None) -> str:
    """Why the service is not at the recorded revision; empty if it is."""
    if recorded is None or revision == recorded:
        return ""
    if revision == deploy.rollback.revision_copy:
        return f" It is a copy of {code(short_arn(recorded))}, which was deregistered."
    return (
        f" ECS rolls back to the last completed revision; {code(short_arn(recorded))}, which the service was "
        "set to before, had not completed."
    )


def cancelled_and_rolled_back(
    deploy: Deploy, revision: str, user: str, *, recorded: str | None = None
) -> str:
    text = (
        f"*Cancelled* by {mention(user)}: rolled back to {code(short_arn(revision))}."
        f"{_why_other_revision(deploy, revision, recorded)}"
    )
    if deploy.downtime_seconds is not None:
        text += f" Downtime: {duration(deploy.downtime_seconds)}."
    return text


def superseded(deploy: Deploy, revision: str, deployment: str) -> str:
    follow = code(f"/deploy follow {deploy.service.name}")
    return (
        f"*Superseded*: somebody else's newer deployment {code(deployment)} moves the service to "
        f"{code(short_arn(revision))}. I leave it; {follow} follows it."
    )


def count_restored(count: int) -> str:
    """The deploy was superseded while it had stopped the service."""
    return f"The service was stopped, so I set its desired count back to {count}."


def failed_service_deleted(status: str) -> str:
    return f"*Failed*: {service_deleted(status)}"


def service_deleted(status: str) -> str:
    """Only the reason."""
    return (
        f"the ECS service {describe_service_status(status)}, so there is nothing left to deploy or restore."
    )


def describe_service_status(status: str) -> str:
    """What became of an ECS service that is not ACTIVE. status: ECS's own word, empty if unknown to ECS."""
    return _DELETED_STATUS.get(status, f"is {escape_line(status)}")


def failed(reason: str, evidence: Evidence) -> str:
    return "\n".join([f"*Failed*: {reason}", *evidence_lines(evidence)])


def rollback_failed(reason: str, rollback_evidence: Evidence, cause: str, cause_evidence: Evidence) -> str:
    """The rollback failed too. cause: why it was started; cause_evidence belongs to that."""
    return "\n".join(
        [
            failed(reason, rollback_evidence),
            f"It was rolled back because: {cause}",
            *evidence_lines(cause_evidence),
        ]
    )


def refused(reason: str) -> str:
    return f"*Refused*, nothing was changed: {reason}"


def cancel_came_too_late(user: str) -> str:
    return f"(The cancel of {mention(user)} came too late to change that.)"


def succeeded_then_changed(deploy: Deploy, took: float) -> str:
    """Without task counts, since another revision runs now."""
    return (
        f"*Succeeded, but no longer current.* ECS completed the rollout of {code(deploy.service.name)} to "
        f"{version_text(deploy.tag, deploy.ecs.new_revision)} after {duration(took)}."
    )


def external_succeeded_then_changed(deploy: Deploy, took: float) -> str:
    """The same for a rollout that was only followed."""
    return (
        "*Succeeded, but no longer current.* The rollout I followed has ended: ECS moved "
        f"{code(deploy.service.name)} to {version_text(deploy.tag, deploy.ecs.new_revision)} after "
        f"{duration(took)}."
    )


def replaced_since(deployment_id: str, revision: str) -> str:
    return (
        f"Since then, somebody else's newer deployment {code(deployment_id)} moves the service to "
        f"{code(short_arn(revision))}. I leave it."
    )


def scaled_to_zero_since(deploy: Deploy) -> str:
    suffix = "" if deploy.stop.restore_point is not None else " I leave it."
    return f"Since then, somebody or something set the desired count to 0, so its tasks stop.{suffix}"
    left = "" if deploy.stop.owns_count else " I leave it."
    return f"Since then, somebody or something set the desired count to 0, so its tasks stop.{left}"


def version_text(tag: str, revision: str | None) -> str:
    """`1.4.2` (revision `web:42`). tag: empty if it is unknown."""
    name = code(short_arn(revision))
    return f"{code(tag)} (revision {name})" if tag else f"revision {name}"


def scaled_to_zero_reason() -> str:
    return "somebody or something set the desired count to 0 before the new tasks ran."


def scaled_to_zero_in_check_reason() -> str:
    return "somebody or something set the desired count to 0 while I checked, so there is nothing to check."


def rolled_back_at_zero(revision: str, count: int) -> str:
    return (
        f"ECS is back at {code(short_arn(revision))}, but somebody or something set the desired count to 0 "
        f"meanwhile, so none of its tasks runs. I set it to {count} again."
    )


def superseded_by_zero_count(deploy: Deploy) -> str:
    return (
        f"*Superseded*: {_who_set_zero(deploy)}. ECS then calls the rollout complete at once, but no task of "
        f"{code(short_arn(deploy.ecs.new_revision))} runs, so nothing is known about it. {_left_as_is()}"
    )


def superseded_by_zero_count_in_check(deploy: Deploy) -> str:
    return (
        f"*Superseded*: {_who_set_zero(deploy)} while I checked, so there is nothing to check. "
        f"{_left_as_is()}"
    )


def _who_set_zero(deploy: Deploy) -> str:
    return f"somebody or something set the desired count of {code(deploy.service.name)} to 0"


def _left_as_is() -> str:
    return "I leave revision and count as they are: set the count when the service should run again."


def not_started_in_batch(other: Deploy) -> str:
    return (
        f"it was not started, because {code(other.service.name)} {status_text(other)} and the first failure "
        "stops the rest."
    )
