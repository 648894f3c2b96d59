"""How a deploy is called when people read of it: by its version, or as a restart or rollback."""

from __future__ import annotations

from collections.abc import Callable

from deploys.deploy import Deploy, Verb
from deploys.mrkdwn import code, mention

Mark = Callable[[str], str]
"""How a service or version is set apart from the words around it: as code, or not at all."""


def name(deploy: Deploy, mark: Mark = code) -> str:
    """`web` `1.4.2`, restart of `web`, rollback of `web` to `1.4.1`: in a list, or after a colon."""
    service = mark(deploy.service.name)
    match deploy.verb:
        case Verb.DEPLOY:
            return f"{service} {mark(deploy.tag)}"
        case Verb.RESTART:
            return f"restart of {service}{_to(deploy.tag, ' ', mark)}"
        case Verb.ROLLBACK:
            return f"rollback of {service}{_to(deploy.tag or deploy.target, ' to ', mark)}"
        case Verb.FOLLOW:
            return f"foreign rollout of {service}{_to(deploy.tag, ' to ', mark)}"


def in_sentence(deploy: Deploy, mark: Mark = code) -> str:
    """The same within a sentence: `web` `1.4.2`, the restart of `web`."""
    return name(deploy, mark) if deploy.verb is Verb.DEPLOY else f"the {name(deploy, mark)}"


def at_start(deploy: Deploy, mark: Mark = code) -> str:
    """The same at the beginning of one: `web` `1.4.2`, The restart of `web`."""
    return name(deploy, mark) if deploy.verb is Verb.DEPLOY else f"The {name(deploy, mark)}"


def errand(deploy: Deploy, mark: Mark = code) -> str:
    """What is to be done, where the service is clear: `1.4.2`, restart, rollback to `1.4.1`."""
    match deploy.verb:
        case Verb.DEPLOY:
            return mark(deploy.tag)
        case Verb.RESTART:
            return f"restart{_to(deploy.tag, ' of ', mark)}"
        case Verb.ROLLBACK:
            return f"rollback{_to(deploy.tag or deploy.target, ' to ', mark)}"
        case Verb.FOLLOW:
            return f"foreign rollout{_to(deploy.tag, ' to ', mark)}"


def by(deploy: Deploy) -> str:
    """Whose it is, behind what it is called: a rollout that is not ours is nobody's here."""
    who = mention(deploy.requester)
    return f"followed for {who}" if deploy.verb is Verb.FOLLOW else f"by {who}"


def version_before(deploy: Deploy) -> str:
    """What ran before, without markup: its tag, or its revision (`web:17`) where the tag stays the same.

    Empty while no plan says it.
    """
    if deploy.plan is None:
        return ""
    if deploy.plan.old_tag == deploy.tag:
        return deploy.plan.old_revision.rsplit("/", 1)[-1]
    return deploy.plan.old_tag


def _to(version: str, before: str, mark: Mark) -> str:
    return f"{before}{mark(version)}" if version else ""
