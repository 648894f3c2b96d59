"""A person lets a deploy pass a freeze. Pure: a record goes in, a new one comes out.

Who may is checked elsewhere (`deploys.holds.service_freezes`), at the request or click
and again at every step.
"""

from __future__ import annotations

from deploys.deploy_text import name_in_sentence
from deploys.errors import AlreadyDecided
from deploys.errors.freezes import NothingToOverride
from deploys.mrkdwn import escape_line, mention
from deploys.records.deploy import Deploy
from deploys.records.hold import HoldKind, Override
from deploys.records.thread_messages import ThreadMessageKind


def override_freeze(deploy: Deploy, user: str, reason: str, now: float, *, command_line: str = "") -> Deploy:
    """The deploy, which freezes no longer hold; its thread says so. command_line: as of a request."""
    override = Override(user=user, kind=HoldKind.FREEZE, reason=reason, at=now, command_line=command_line)
    return deploy.with_message(
        now, ThreadMessageKind.PROGRESS, f"{mention(user)} overrides the freeze: {escape_line(reason)}"
    ).evolve(override=override)


def override_held(
    deploy: Deploy, user: str, reason: str, now: float, *, replaces: str = "", command_line: str = ""
) -> Deploy:
    """The same for a deploy that waits for the end of a freeze.

    replaces: the person whose override counts no longer, or empty.

    Raises:
        NothingToOverride: no freeze holds it.
        AlreadyDecided: somebody else did that before.
    """
    if freeze_overridden(deploy) and deploy.override and deploy.override.user != replaces:
        raise AlreadyDecided(how=f"{mention(deploy.override.user)} overrode the freeze")
    if not is_held_by_freeze(deploy):
        raise NothingToOverride(what=name_in_sentence(deploy))
    return override_freeze(deploy, user, reason, now, command_line=command_line)


def is_held_by_freeze(deploy: Deploy) -> bool:
    """Whether it waits for the end of a freeze."""
    held = deploy.hold is not None and deploy.hold.kind is HoldKind.FREEZE
    return held and deploy.in_progress and deploy.cancel is None and deploy.phase.facts.before_change


def freeze_overridden(deploy: Deploy) -> bool:
    """Whether somebody lets it pass freezes."""
    return deploy.override is not None and deploy.override.kind is HoldKind.FREEZE
