"""How a deploy is called on its buttons: short, without markup."""

from __future__ import annotations

from deploys import deploy_text
from deploys.records.deploy import Deploy
from deploys.records.request import Verb
from deploys.text_limits import shorten


def short(text: str) -> str:
    """A name of at most 60 characters."""
    return shorten(text, 60)


def short_name(deploy: Deploy) -> str:
    """`web 1.4.2`, `restart of web`"""
    return deploy_text.deploy_name(deploy, short)


def subject(deploy: Deploy) -> str:
    """`web 1.4.2`, `The restart of web`: at the start of a sentence."""
    return deploy_text.name_at_start(deploy, short)


def subject_on_cluster(deploy: Deploy) -> str:
    """`web 1.4.2 on production (eu-west-1)`"""
    service = deploy.service
    return f"{subject(deploy)} on {shorten(service.cluster, 40)} ({shorten(service.region, 20)})"


def will_not_happen(deploy: Deploy) -> str:
    """What a withdrawal or rejection means."""
    happen = "be deployed" if deploy.verb is Verb.DEPLOY else "happen"
    unchanged = "The service has not been touched" if deploy.has_new_revision else "Nothing has been changed"
    return f"{subject_on_cluster(deploy)} will not {happen}. {unchanged}."
