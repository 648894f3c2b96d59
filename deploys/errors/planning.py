"""What was found of a plan before anything was changed: versions, task definitions, alarms."""

from __future__ import annotations

from deploys.errors.refused import Refused


class SameImage(Refused):
    sentence = """`{service}` already runs `{tag}` (digest unchanged). `/deploy restart {service}` starts it
    in new tasks."""


class AlreadyRuns(Refused):
    sentence = """`{service}` already runs `{revision}`."""


class NothingToRollBackTo(Refused):
    sentence = """I know of no earlier version of `{service}` that ran well, so I cannot tell what to go back
    to. Name a tag: `/deploy {service} TAG`."""


class UnknownTarget(Refused):
    sentence = """No deploy of `{service}` that succeeded has the tag or id {target}.{meant} Known tags:
    {known}. Any tag in the registry can be deployed with `/deploy {service} TAG`."""


class NoSuchContainer(Refused):
    sentence = """The task definition `{family}` has no container {missing}. It has: {present}. Check
    `containers` of `{service}` in `services.yml`."""


class ContainerUnclear(Refused):
    sentence = """I cannot tell which container of the task definition `{family}` is the app: {candidates}
    could all be, and the service's load balancer, Service Connect and service discovery do not single one
    out. Nothing was registered. Write the one that gets the new tag in `services.yml`, as `containers` of
    `{service}`."""


class NoAppContainer(Refused):
    sentence = """Every container of the task definition `{family}` is a sidecar by its own settings (a log
    router, a proxy or an agent that AWS adds): {present}. Nothing was registered. Write the one that gets the
    new tag in `services.yml`, as `containers` of `{service}`."""


class BaseLacksContainer(Refused):
    sentence = """Revision `{revision}`, which `base: latest` copies for `{service}`, has no container
    {missing}, but the ECS service sends traffic to it, so ECS would not take that revision. It has:
    {present}. Nothing was registered. Register a revision that has the container, or change the service in
    ECS first."""


class NoSuchContainerBefore(Refused):
    sentence = """The task before the rollout is to run in container `{missing}`, but the task definition
    `{family}` has no such container. It has: {present}. Check `container` under `before` of `{service}` in
    `services.yml`."""


class UnknownField(Refused):
    sentence = """Task definition `{revision}` has fields that this version of boto3 does not know ({fields});
    a copy would lose them. Upgrade boto3 where the workers run."""


class AlarmMissing(Refused):
    sentence = """CloudWatch has no alarm {missing} in {region}, so I could not check `{service}` after the
    rollout. Check `alarms` under `after` of `{service}` in `services.yml`."""


class AlarmRinging(Refused):
    sentence = """{ringing}. After the rollout it has to be quiet, so this would only be rolled back. Ask
    again when it is quiet; `/deploy rollback {service}` does not wait for it."""
