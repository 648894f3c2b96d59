"""Where a card leads: the service and its log in the AWS console, and what differs in a version. Pure."""

from __future__ import annotations

from urllib.parse import quote

from deploys.console_links import log_group_url, service_url
from deploys.records.deploy import Deploy
from deploys.records.request import Verb


def card_links(deploy: Deploy) -> dict[str, str]:
    """Addresses by their words, in the order in which they are shown."""
    plan = deploy.plan
    links = {"ECS": service_url(deploy.service, "health")}
    if plan is not None and plan.log_group:
        links["Logs"] = log_group_url(plan.log_region or deploy.service.region, plan.log_group)
    if comparison := compare_url(deploy):
        links["Compare"] = comparison
    return links


def compare_url(deploy: Deploy) -> str:
    """What differs between the version before and this one; empty if services.yml names no page for that, or
    one of the two has no tag."""
    plan, address = deploy.plan, deploy.service.compare
    if plan is None or not address or deploy.verb is Verb.RESTART:
        return ""
    before, after = plan.old_tag, deploy.tag or plan.tag
    if not before or not after or before == after or before.startswith("sha256:"):
        return ""
    return address.replace("{from}", quote(before, safe="")).replace("{to}", quote(after, safe=""))
