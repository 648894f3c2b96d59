"""Every message of `workers/messages`, with plain sample values."""

from __future__ import annotations

from typing import Any

from deploys.catalogue.service import Service
from deploys.records.batch import Batch
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.plan import ContainerChange, Plan
from deploys.records.request import Verb
from tests.builders import ARN, NOW, REGISTRY, a_batch, a_plan, a_service
from tests.gallery.exhibit import Exhibit, Section
from tests.hostile_records import MRKDWN_FIELDS, SLACK_IDS, ValueBuilder
from tests.workers.messages.test_hostile_texts import FUNCTIONS, NO_MESSAGES, OUR_SENTENCES, parameters_of
from tests.workers.thread.sample_deploys import following, in_post_check, in_pre_task, stop_start

SAMPLES = {
    **dict.fromkeys(("tag", "recorded_tag"), "1.4.2"),
    **dict.fromkeys(("revision", "recorded", "at", "newer_revision"), f"{ARN}:task-definition/web:7"),
    "copy": f"{ARN}:task-definition/web:9",
    **dict.fromkeys(("name", "names", "ecs_service", "wanted_service"), "web"),
    **dict.fromkeys(("container", "containers"), "web"),
    **dict.fromkeys(("image", "new_image"), f"{REGISTRY}/web:1.4.2"),
    "old_image": f"{REGISTRY}/web:1.4.0",
    **dict.fromkeys(("digest", "digests", "digests_before", "wanted"), "sha256:" + "a" * 64),
    **dict.fromkeys(("deployment", "deployment_id", "newer_id"), "ecs-svc/4711"),
    **dict.fromkeys(("task_arn", "task_arns"), f"{ARN}:task/production/{'1' * 32}"),
    "task_id": "1" * 32,
    **dict.fromkeys(("alarms", "alarm"), "web-5xx"),
    "cluster": "production",
    "region": "eu-west-1",
    "command": "python -m web migrate",
    "reason": "(service web) deployment ecs-svc/4711 failed: tasks failed to start",
    "ecs_reason": "ECS deployment circuit breaker: tasks failed to start",
    "reasons": "CannotPullContainerError: the image does not exist",
    "cause": "Its essential container exited with 1",
    "error": "not_in_channel",
    "log": "Traceback (most recent call last): KeyError: 'DATABASE_URL'",
    "last_failure": "503 Service Unavailable",
    "http": "https://web.example.com/health",
    "status": "RUNNING",
    "last_status": "DEACTIVATING",
    "stage": "POST_TEST_TRAFFIC_SHIFT",
    "field": "memory",
    "fields": "cpu",
    "old": "512",
    "new": "1024",
    "added": "LOG_LEVEL",
    "removed": "DEBUG",
    "changed": "TIMEOUT",
    "registered_by": "ci (terraform)",
    "group": "/ecs/web",
    "stream": "web/web/1111",
    "arn": f"{ARN}:task/production/{'1' * 32}",
}
NUMBERS = {"step_percent": 10.0, "share": 10.0}
SECONDS = ("deadline", "after", "seconds", "took", "waited", "waits", "wait", "downtime", "timeout")
IN_PRE_TASK, IN_POST_CHECK = in_pre_task().service, in_post_check().service
SENTENCE = "ECS could not start its tasks: the image does not exist."


def _text(name: str) -> str:
    if name in SLACK_IDS:
        return SLACK_IDS[name]
    if name in MRKDWN_FIELDS:
        return SENTENCE
    return SAMPLES.get(name, name.replace("_", " "))


def _number(name: str) -> float:
    if name in NUMBERS:
        return NUMBERS[name]
    return 90.0 if any(name.startswith(each) or name.endswith(f"_{each}") for each in SECONDS) else NOW


def _deploy() -> Deploy:
    """A deploy of ledger that has everything that a message may be about."""
    sample = stop_start()
    deploy: Deploy = PARTS.record(
        Deploy,
        **{name: getattr(sample, name) for name in ("id", "tag", "request", "plan", "stop", "approval")},
        service=sample.service.model_copy(
            update={"before": IN_PRE_TASK.before, "after": IN_POST_CHECK.after}
        ),
        verb=Verb.DEPLOY,
        phase=Phase.FOLLOWING,
        outcome=None,
        rollout=following().rollout.evolve(serving_at=NOW + 70),
        **dict.fromkeys(("thread_messages", "quotes", "notices", "timeline"), ()),
    )
    return deploy


def _plan() -> Plan:
    sample = a_plan()
    plan: Plan = PARTS.record(Plan, **{name: getattr(sample, name) for name in sample.model_fields_set})
    return plan


def _change() -> ContainerChange:
    change: ContainerChange = a_plan().changes[0]
    return change


def _batch() -> Batch:
    return a_batch(_deploy(), _deploy().evolve(id="w7x8y9zt", service=a_service("api")))[0]


PARTS = ValueBuilder(_text, _number)
VALUES = ValueBuilder(
    _text,
    _number,
    {Deploy: _deploy, Plan: _plan, Service: a_service, Batch: _batch, ContainerChange: _change},
    {"digests": "container", "digests_before": "container", "running": "revision"},
)


def _value(name: str, parameter: str, kind: Any) -> Any:
    if f"{name} {parameter}" in OUR_SENTENCES:
        return SENTENCE if kind is str else (SENTENCE,)
    if kind is Phase:
        return Phase.FOLLOWING
    return Outcome.FAILED if kind is Outcome else VALUES.build(kind, parameter)


def message_section() -> Section:
    """Each function by its name."""
    exhibits = []
    for name in sorted(FUNCTIONS.keys() - NO_MESSAGES):
        given = {each: _value(name, each, kind) for each, kind in parameters_of(name).items()}
        said = FUNCTIONS[name](**given)
        text = said if isinstance(said, str) else "\n".join(said)
        exhibits.append(Exhibit(name, text or "(nothing is said of this sample)"))
    return Section("Messages", exhibits)
