"""Addresses and links of the AWS console. Pure."""

from __future__ import annotations

from urllib.parse import quote

from deploys.catalogue.service import Service
from deploys.mrkdwn import escape

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
"""Of the partitions whose console is elsewhere (AWS General Reference, "Service endpoints")."""


def service_url(service: Service, tab: str) -> str:
    """A tab of the page of a service in the ECS console: `health`, `logs`."""
    cluster, name = quote(service.cluster, safe=""), quote(service.ecs_service, safe="")
    path = f"clusters/{cluster}/services/{name}/{tab}"
    return f"https://{_domain(service.region)}/ecs/v2/{path}?region={_region(service.region)}"


def service_logs_link(service: Service) -> str:
    """The logs of all tasks of a service, in the ECS console: a link of mrkdwn."""
    return f"<{escape(service_url(service, 'logs'))}|the ECS console>"


def log_group_url(region: str, group: str) -> str:
    """The page of a log group in the CloudWatch console."""
    return (
        f"https://{_domain(region)}/cloudwatch/home?region={_region(region)}"
        f"#logsV2:log-groups/log-group/{_twice_quoted(group)}"
    )


def log_stream_link(region: str, group: str, stream: str) -> str:
    """One log stream in the CloudWatch console: a link of mrkdwn."""
    return f"<{log_group_url(region, group)}/log-events/{_twice_quoted(stream)}|CloudWatch Logs>"


def _twice_quoted(name: str) -> str:
    """As the CloudWatch console wants names in its addresses, with `$` for `%`."""
    return quote(quote(name, safe=""), safe="").replace("%", "$")


def _region(region: str) -> str:
    return quote(region, safe="")


def _domain(region: str) -> str:
    found = (domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix))
    return f"{region}.{next(found, 'console.aws.amazon.com')}"
