"""DescribeServices and ListServices."""

from __future__ import annotations

from sandbox.ecs.names import short_name
from sandbox.ecs.operations.call import Call
from sandbox.ecs.views.parts import Json
from sandbox.ecs.views.services import missing, service_view


def describe_services(call: Call) -> Json:
    cluster = call.cluster
    tags = "TAGS" in (call.params.get("include") or [])
    found, failures = [], []
    for name_or_arn in call.at_most("services", 10):
        service = call.find_service(cluster, name_or_arn)
        if service is None:
            arn = call.region.names.arn("service", cluster, short_name(name_or_arn))
            failures.append(missing(name_or_arn, arn))
        else:
            found.append(service_view(call.tables, service, tags=tags))
    return {"services": found, "failures": failures}


def list_services(call: Call) -> Json:
    cluster = call.cluster
    wanted = {key: call.params[key] for key in ("launchType", "schedulingStrategy") if call.params.get(key)}
    arns = [
        service.arn
        for service in call.tables.services.values()
        if service.cluster == cluster
        and service.status != "INACTIVE"
        and all(service.settings.get(key) == value for key, value in wanted.items())
    ]
    page, token = call.page(sorted(arns), default=10, most=100)
    return {"serviceArns": page, **token}
