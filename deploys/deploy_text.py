"""How a deploy is named in texts (`web` `1.4.2`, the restart of `web`), and what it does (`waits for
approval`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploys.mrkdwn import code, mention, plural
from deploys.pauses import external_pause, unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import Plan
from deploys.records.request import DeployRequest, Verb
from deploys.records.restore_point import ALL_SUSPENDED
from deploys.short_names import short_arn
from deploys.text_limits import shorten

MAX_SERVICES_NAMED = 10
"""Services named in one sentence (count)."""
COMMAND_CHARACTERS = 120
"""Characters of a typed command that are shown."""
TextStyle = Callable[[str], str]
"""How a service or version is set apart from the words around it: as code, or not at all."""


def deploy_name(deploy: Deploy, mark: TextStyle = code) -> str:
    """`web` `1.4.2`, restart of `web`, rollback of `web` to `1.4.1`: in a list, or after a colon."""
    service = mark(deploy.service.name)
    match deploy.verb:
        case Verb.DEPLOY:
            return f"{service} {mark(deploy.tag)}"
        case Verb.RESTART:
            return f"restart of {service}{_version_part(deploy.tag, ' ', mark)}"
        case Verb.ROLLBACK:
            return f"rollback of {service}{_version_part(deploy.tag or deploy.rollback_target, ' to ', mark)}"
        case Verb.FOLLOW:
            return f"external rollout of {service}{_version_part(deploy.tag, ' to ', mark)}"
        case Verb.SCALE:
            return f"scaling of {service} to {_wanted_count(deploy)}"
        case Verb.RUN:
            return f"command {mark(command_text(deploy))} in {service}"


def name_in_sentence(deploy: Deploy, mark: TextStyle = code) -> str:
    """The same within a sentence: `web` `1.4.2`, the restart of `web`."""
    return deploy_name(deploy, mark) if deploy.verb is Verb.DEPLOY else f"the {deploy_name(deploy, mark)}"


def name_at_start(deploy: Deploy, mark: TextStyle = code) -> str:
    """The same at the beginning of one: `web` `1.4.2`, The restart of `web`."""
    return deploy_name(deploy, mark) if deploy.verb is Verb.DEPLOY else f"The {deploy_name(deploy, mark)}"


def action_label(deploy: Deploy, mark: TextStyle = code) -> str:
    """What was asked for, if the service is clear: `1.4.2`, restart, rollback to `1.4.1`."""
    match deploy.verb:
        case Verb.DEPLOY:
            return mark(deploy.tag)
        case Verb.RESTART:
            return f"restart{_version_part(deploy.tag, ' of ', mark)}"
        case Verb.ROLLBACK:
            return f"rollback{_version_part(deploy.tag or deploy.rollback_target, ' to ', mark)}"
        case Verb.FOLLOW:
            return f"external rollout{_version_part(deploy.tag, ' to ', mark)}"
        case Verb.SCALE:
            return f"scaling to {_wanted_count(deploy)}"
        case Verb.RUN:
            return f"command {mark(command_text(deploy))}"


def command_text(deploy: Deploy) -> str:
    """The command that was typed, shortened, as plain text; empty if none was."""
    return shorten(deploy.command.line, COMMAND_CHARACTERS) if deploy.command else ""


def _wanted_count(deploy: Deploy) -> str:
    return plural(deploy.count_change.wanted if deploy.count_change else 0, "task")


def requested_by(deploy: Deploy) -> str:
    """Who asked for it, behind its name. An external rollout was only asked to be followed."""
    who = mention(deploy.request.requester)
    return f"followed for {who}" if deploy.verb is Verb.FOLLOW else f"by {who}"


def command_line_note(request: DeployRequest) -> str:
    """Behind who asked: that it was on the command line; empty: it was in Slack."""
    return " on the command line" if request.command_line else ""


def previous_version(deploy: Deploy) -> str:
    """What ran before, without markup: its tag, or its revision (`web:17`) if the tag stays the same.

    Empty until there is a plan, and for what sets no version.
    """
    if deploy.plan is None or not deploy.verb.sets_version:
        return ""
    if deploy.plan.old_tag == deploy.tag:
        return short_arn(deploy.plan.old_revision)
    return deploy.plan.old_tag


def list_services(deploys: Sequence[Deploy]) -> str:
    """`web`, `api` and `ledger`"""
    names = [code(each.service.name) for each in deploys[:MAX_SERVICES_NAMED]]
    if len(deploys) > MAX_SERVICES_NAMED:
        return f"{', '.join(names)} and {len(deploys) - MAX_SERVICES_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def planned_count(plan: Plan) -> str:
    """`3 tasks (autoscaled, 2 to 6)`."""
    tasks, scaled = plural(plan.desired_count, "task"), plan.scaling
    if scaled is None or scaled.unknown_reason:
        return tasks
    if scaled.suspended_before == ALL_SUSPENDED:
        return f"{tasks} (autoscaling is suspended)"
    return f"{tasks} (autoscaled, {scaled.minimum} to {scaled.maximum})"


def _version_part(version: str, before: str, mark: TextStyle) -> str:
    return f"{before}{mark(version)}" if version else ""


EXTERNAL_TEXTS: dict[Phase | Outcome, str] = {
    Phase.PLANNING: "is looked for",
    Outcome.CANCELLED: "stopped being followed",
    Outcome.EXPIRED: "did not end in time and stopped being followed",
    Outcome.REFUSED: "could not be followed",
}
"""What reads otherwise for an external rollout."""


def status_text(deploy: Deploy) -> str:
    """What the deploy does now, or how it ended."""
    state = deploy.outcome or deploy.phase
    if deploy.verb is Verb.FOLLOW and state in EXTERNAL_TEXTS:
        return EXTERNAL_TEXTS[state]
    if external_pause(deploy):
        return "is followed, and paused until somebody answers in ECS"
    if deploy.outcome:
        return deploy.outcome.facts.sentence
    if deploy.question_not_shown:
        return "waits for approval, but Slack has not shown the question yet"
    if unanswered_pause(deploy):
        return "is paused and waits for an answer, *Continue* or *Roll back*"
    return deploy.phase.facts.sentence
