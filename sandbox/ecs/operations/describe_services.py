"""DescribeServices and ListServices."""

from __future__ import annotations

from sandbox.ecs.ids import short_name
from sandbox.ecs.operations.ecs_call import EcsCall
from sandbox.ecs.views.json_parts import Json
from sandbox.ecs.views.service_views import missing_service, service_view


def describe_services(call: EcsCall) -> Json:
    cluster = call.cluster_name
    tags = "TAGS" in (call.params.get("include") or [])
    found, failures = [], []
    for name_or_arn in call.required_list("services", 10):
        service = call.find_service(cluster, name_or_arn)
        if service is None:
            arn = call.region.ids.arn("service", cluster, short_name(name_or_arn))
            failures.append(missing_service(name_or_arn, arn))
        else:
            found.append(service_view(call.tables, service, tags=tags))
    return {"services": found, "failures": failures}


def list_services(call: EcsCall) -> Json:
    cluster = call.cluster_name
    wanted = {key: call.params[key] for key in ("launchType", "schedulingStrategy") if call.params.get(key)}
    arns = [
        service.arn
        for service in call.tables.services.values()
        if service.cluster == cluster
        and service.status != "INACTIVE"
        and all(service.settings.get(key) == value for key, value in wanted.items())
    ]
    page, token = call.paginate(sorted(arns), default=10, maximum=100)
    return {"serviceArns": page, **token}
