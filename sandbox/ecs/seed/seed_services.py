"""The services of the cluster, and a CloudWatch alarm."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.ecs.seed.seed_task_definitions import FIRST_REVISIONS

SITE_ERRORS_ALARM = "site-5xx"
CLUSTER = "production"
SERVICE_NAMES = ("web", "api", "ledger", "billing", "site", "shop")
_COUNTS = {"web": 3, "api": 2, "ledger": 1, "billing": 2, "site": 2, "shop": 3}
_PORTS = {"web": 8080, "api": 9000, "site": 8000, "shop": 8080}
_TARGET_GROUP_IDS = {
    "web": "73e2d6bc24d8a067",
    "api": "50dc6c495c0c9188",
    "site": "1f9c04b7a25d8e36",
    "site-green": "8d20e5b9c7416fa3",
    "shop": "c4a81e0f6b3d9275",
    "shop-green": "2b7f93d6e08a541c",
}
_LISTENERS = {"site": "9b1f6d3e0c28a547", "shop": "4e7a20c95d81f3b6"}
"""Ids of the load balancers that shift traffic."""
_CIRCUIT_BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
Json = dict[str, Any]

_CONFIGURATIONS: dict[str, Json] = {
    "site": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2},
    "shop": {
        "strategy": "CANARY",
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 2},
        "bakeTimeInMinutes": 1,
        "lifecycleHooks": [
            {
                "targetType": "PAUSE",
                "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
                "timeoutConfiguration": {"timeoutInMinutes": 30, "action": "ROLLBACK"},
            }
        ],
    },
}
"""The configurations of the services that shift traffic."""


def _elb_arn(account: str, region: str, kind: str, rest: str) -> str:
    return f"arn:aws:elasticloadbalancing:{region}:{account}:{kind}/{rest}"


def target_group_arn(account: str, region: str, name: str) -> str:
    return _elb_arn(account, region, "targetgroup", f"{name}/{_TARGET_GROUP_IDS[name]}")


def traffic_shift_rules(account: str, region: str, name: str) -> Json:
    listener = f"app/{name}/{_LISTENERS[name]}"
    return {
        "alternateTargetGroupArn": target_group_arn(account, region, f"{name}-green"),
        "productionListenerRule": _elb_arn(
            account, region, "listener-rule", f"{listener}/6d1a2f0b93c8e754/0e5b7c1d92fa4836"
        ),
        "testListenerRule": _elb_arn(
            account, region, "listener-rule", f"{listener}/a7350c9e81bd42f6/5c9d3e7f1a08b264"
        ),
        "roleArn": f"arn:aws:iam::{account}:role/ecs-load-balancing",
    }


def service_params(account: str, region: str, name: str) -> Json:
    """The parameters of CreateService."""
    params: Json = {
        "cluster": CLUSTER,
        "serviceName": name,
        "taskDefinition": f"{name}:{FIRST_REVISIONS[name]}",
        "desiredCount": _COUNTS[name],
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": _configuration(name),
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": [
                    "subnet-0a1f3c5e7b9d24680",
                    "subnet-0b2e4d6f8a1c35791",
                    "subnet-0c3d5e7f9b2a46813",
                ],
                "securityGroups": ["sg-0f1e2d3c4b5a69788"],
                "assignPublicIp": "DISABLED",
            }
        },
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "tags": [{"key": "service", "value": name}, {"key": "environment", "value": CLUSTER}],
    }
    if name in _PORTS:
        params["loadBalancers"] = [
            {
                "targetGroupArn": target_group_arn(account, region, name),
                "containerName": name,
                "containerPort": _PORTS[name],
            }
        ]
        params["healthCheckGracePeriodSeconds"] = 0
    if name in _CONFIGURATIONS:
        params["loadBalancers"][0]["advancedConfiguration"] = traffic_shift_rules(account, region, name)
    return params


def _configuration(name: str) -> Json:
    """Workers process messages in order: ECS may stop the old task before it starts the new one."""
    worker = name not in _PORTS
    return {
        **_CIRCUIT_BREAKER,
        "maximumPercent": 100 if worker else 200,
        "minimumHealthyPercent": 0 if worker else 100,
        **_CONFIGURATIONS.get(name, {}),
    }


def create_alarm(account: str, region: str) -> None:
    """Create an alarm in state OK, for checks after a deploy. No deployment watches it."""
    alarm = cloudwatch_backends[account][region].put_metric_alarm(
        name=SITE_ERRORS_ALARM,
        namespace="AWS/ApplicationELB",
        metric_name="HTTPCode_Target_5XX_Count",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        threshold=10.0,
        statistic="Sum",
        description="The site answers with errors",
        dimensions=[{"Name": "TargetGroup", "Value": "site"}],
        alarm_actions=[],
    )
    alarm.update_state("Threshold Crossed: no datapoint was greater than the threshold (10.0).", "{}", "OK")
