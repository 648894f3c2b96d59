"""What a check found of a plan, before anything was changed: versions, task definitions, alarms, images."""

from __future__ import annotations

from deploys.errors.base import Refused


class CatalogueChanged(Refused):
    sentence = """`services.yml` says something else about `{service}` than when this was requested:
    {changes}. Ask for it again, so that it runs as `services.yml` says now."""


class ApprovalLost(Refused):
    sentence = """Approved by {people}, who may not approve deploys of `{service}` any more, so it lacks an
    approval. Ask for it again."""


class ImageAlreadyRuns(Refused):
    sentence = """`{service}` already runs `{tag}` (digest unchanged). `/deploy restart {service}` starts it
    in new tasks."""


class RevisionAlreadyRuns(Refused):
    sentence = """`{service}` already runs `{revision}`."""


class NothingToRollBackTo(Refused):
    sentence = """I know of no earlier version of `{service}` that ran well, so I cannot tell what to roll
    back to. Name a tag: `/deploy {service} TAG`."""


class UnknownRollbackTarget(Refused):
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


class NoSuchPreTaskContainer(Refused):
    sentence = """The task before the rollout is to run in container `{missing}`, but the task definition
    `{family}` has no such container. It has: {present}. Check `container` under `before` of `{service}` in
    `services.yml`."""


class UnknownTaskDefinitionField(Refused):
    sentence = """Task definition `{revision}` has fields that this version of boto3 does not know ({fields});
    a copy would lose them. Upgrade boto3 where the workers run."""


class AlarmMissing(Refused):
    sentence = """CloudWatch has no alarm {missing} in {region}, so I could not check `{service}` after the
    rollout. Check `alarms` under `after` of `{service}` in `services.yml`."""


class AlarmFiring(Refused):
    sentence = """{ringing}. After the rollout it has to be quiet, so this would only be rolled back. Ask
    again when it is quiet; `/deploy rollback {service}` does not wait for it."""


class ImageMissing(Refused):
    sentence = """There is no image `{image}`, so nothing was registered. {recent}"""


class ImageArchived(Refused):
    sentence = """`{image}` is in ECR's archive ({status}), where no task can pull it. Nothing was registered.
    Restore it in ECR and ask again, or deploy another tag."""


class DigestUnknown(Refused):
    sentence = """`{service}` has `pin: digest`, and I cannot ask the registry of `{image}` which digest that
    is: I can only ask private ECR repositories. Nothing was registered. Push the image to ECR, or write
    `pin: tag` for `{service}` in `services.yml`."""


class RollbackImageMissing(Refused):
    sentence = """Revision `{revision}` of `{service}` cannot run any more: its image `{image}` is gone from
    the registry. Roll back to another version with `/deploy rollback {service} TAG`, or deploy a tag that is
    there. {recent}"""


class RollbackImageChanged(Refused):
    sentence = """`{image}` is not what ran well as `{revision}`: its tag was pushed again since. Then it was
    digest {then}, now it is {now}. `/deploy {service} {tag}` runs the new image; `pin: digest` in
    `services.yml` keeps this from happening again."""


class TagsNotCached(Refused):
    sentence = """ECR fetches `{image}` from another registry by a pull-through cache rule, and has no tag of
    it yet, so I cannot list them."""


class TagsUnknown(Refused):
    sentence = """The image of `{service}`, `{image}`, is not in a private ECR repository, and I can only
    list tags there."""


class ImageUnreadable(Refused):
    sentence = """`{image}` is not an image reference that I can read, so its tag cannot be changed."""


class RepositoryMissing(Refused):
    sentence = """ECR has no repository `{repository}` in account {account} ({region}), so there is no image
    `{image}`. Nothing was registered. Check the image in the task definition, or create the
    repository.{hint}"""
