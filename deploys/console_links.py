"""Links into the AWS console. Pure."""

from __future__ import annotations

from urllib.parse import quote

from deploys.catalogue.service import Service
from deploys.mrkdwn import escape

_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
"""Of the partitions whose console is elsewhere (AWS General Reference, "Service endpoints")."""


def service_logs_link(service: Service) -> str:
    """The logs of all tasks of a service, in the ECS console: a link of mrkdwn."""
    path = f"clusters/{quote(service.cluster)}/services/{quote(service.ecs_service)}/logs"
    url = f"https://{_domain(service.region)}/ecs/v2/{path}?region={service.region}"
    return f"<{escape(url)}|the ECS console>"


def log_stream_link(region: str, group: str, stream: str) -> str:
    """One log stream in the CloudWatch console, which quotes a name twice and writes `$` for `%`."""
    names = [quote(quote(each, safe=""), safe="").replace("%", "$") for each in (group, stream)]
    place = f"logsV2:log-groups/log-group/{names[0]}/log-events/{names[1]}"
    return f"<https://{_domain(region)}/cloudwatch/home?region={region}#{place}|CloudWatch Logs>"


def _domain(region: str) -> str:
    found = (domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix))
    return f"{region}.{next(found, 'console.aws.amazon.com')}"
