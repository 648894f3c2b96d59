"""Everything that can be refused, in one place. A class's docstring is the sentence people read.

The words in braces are the error's own facts, given by name when it is raised. What people or AWS wrote is
escaped by whoever raises it (`deploys.mrkdwn.escape`), because messages are Slack mrkdwn.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import Any


class SlipwayError(Exception):
    """Something went wrong."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.message = " ".join(cleandoc(type(self).__doc__ or "").split()).format(**facts)
        super().__init__(self.message)


class Refused(SlipwayError):
    """This was refused."""


# What people ask for


class UnknownService(Refused):
    """There is no service `{name}` here. {nearest} `/deploy help` lists all of them."""


class NotADeployer(Refused):
    """You may not deploy `{service}`. Those who may: {deployers}."""


class NotAnApprover(Refused):
    """You may not decide about `{service}`. Those who may: {approvers}."""


class NoSelfApproval(Refused):
    """You asked for this deploy, so somebody else has to approve it: {approvers}."""


class MembershipUnknown(Refused):
    """Slack did not say who is in {groups}, so I cannot tell whether you may do this to `{service}`. Nothing
    was changed. Try again in a minute; user ids in `services.yml` work without user groups."""


class WrongChannel(Refused):
    """`{service}` may not be deployed from this channel, only from {channels}."""


class WrongTeam(Refused):
    """This workspace is not the one this Slipway belongs to. Nothing was changed."""


class TooLate(Refused):
    """Slack delivered this {seconds} s after you sent it, when it had already told you that it failed.
    Nothing was changed. Please send it again."""


class WrongChannelToAsk(Refused):
    """I do not speak of `{service}` in this channel, only in {channels}."""


class SeveralRefused(Refused):
    """Nothing was {done}.{refusals}"""


class GroupInList(Refused):
    """`{name}` is a group of services, and a group is deployed by itself: `/deploy {name} TAG`."""


class OneAtATime(Refused):
    """`{name}` is a group of services, and `{verb}` takes one service at a time. In it are: {services}."""


class TooManyAtOnce(Refused):
    """That is {count} services, and at most {most} can be deployed at once. Nothing was taken in."""


class NothingLeftToCancel(Refused):
    """Nothing of {what} is left to cancel: {states}."""


class NothingToCancel(Refused):
    """Nothing is under way for {what}. `/deploy status` shows what is."""


class UnknownDeploy(Refused):
    """There is no deploy `{id}`. `/deploy status` shows the ones under way."""


class AlreadyDecided(Refused):
    """Already decided: {how}."""


class QuestionClosed(Refused):
    """This question is closed: the deploy {state}. Nothing was changed by your click."""


class PlanChanged(Refused):
    """The plan changed after it was shown, so this answer does not count. The new question is in the
    thread."""


class OldCard(Refused):
    """This message no longer speaks for the deploy, so its buttons do nothing. {where}"""


class NoSelfRejection(Refused):
    """You asked for this deploy, so you withdraw it rather than reject it: `/deploy cancel {id}`."""


class PauseAnswered(Refused):
    """Already answered: {user} pressed *{button}*."""


class PauseOver(Refused):
    """This pause is over: {how}. Nothing was changed by your click."""


class NoSelfContinue(Refused):
    """You asked for this deploy, so somebody else has to let it continue: {approvers}. You may roll it
    back."""


class AlreadyCancelled(Refused):
    """{what} is being cancelled already: {user} asked for it. Its thread says how it ends."""


class AlreadyGoingBack(Refused):
    """{what} is being rolled back already. Its thread says how it ends."""


class TooLateToCancel(Refused):
    """{what} {state}, so there is nothing left to cancel. Nothing was changed."""


class LateMention(Refused):
    """Slack delivered this {seconds} s after you wrote it. You may have moved on since, so nothing was
    changed. Please write it again."""


# What a check found before anything was changed


class ImageMissing(Refused):
    """There is no image `{image}`, so nothing was registered. {recent}"""


class ImageArchived(Refused):
    """`{image}` is in ECR's archive ({status}), where no task can pull it. Nothing was registered. Restore it
    in ECR and ask again, or deploy another tag."""


class PinUnknown(Refused):
    """`{service}` has `pin: digest`, and I cannot ask the registry of `{image}` which digest that is: I can
    ask private ECR repositories alone. Nothing was registered. Push the image to ECR, or write `pin: tag`
    for `{service}` in `services.yml`."""


class RollbackImageMissing(Refused):
    """Revision `{revision}` of `{service}` cannot run any more: its image `{image}` is gone from the
    registry. Nothing was changed. Roll back to another version with `/deploy rollback {service} TAG`, or
    deploy a tag that is there. {recent}"""


class RollbackImageChanged(Refused):
    """`{image}` is not what ran well as `{revision}`: its tag was pushed anew since. Then it was digest
    {then}, now it is {now}. Nothing was changed. `/deploy {service} {tag}` runs the new image; `pin: digest`
    in `services.yml` keeps this from happening again."""


class ServiceMissing(Refused):
    """ECS has no service `{ecs_service}` in cluster `{cluster}` ({region}). Check `cluster`,
    `ecs_service` and `region` of `{service}` in `services.yml`."""


class ServiceNotActive(Refused):
    """The ECS service `{ecs_service}` is {status}, not ACTIVE, so it cannot be deployed."""


class ForeignController(Refused):
    """The ECS service `{ecs_service}` is deployed by {controller}, and ECS refuses a new task definition from
    anybody else. Deploy it there, or change its deployment controller to ECS."""


class DaemonStopStart(Refused):
    """`{service}` is a DAEMON service: it has no desired count, so it cannot be stopped and started. Use
    `strategy: rolling`."""


class EcsShiftsTraffic(Refused):
    """The ECS service `{ecs_service}` is {ecs_strategy}: it shifts traffic in stages of its own, but
    `services.yml` says `strategy: {strategy}` for `{service}`. Nothing was changed. Write `strategy: native`
    there, or change the ECS service's strategy to ROLLING."""


class EcsShiftsNoTraffic(Refused):
    """The ECS service `{ecs_service}` is {ecs_strategy}: it shifts no traffic, but `services.yml` says
    `strategy: native` for `{service}`. Nothing was changed. Write `strategy: rolling` there, or make the ECS
    service BLUE_GREEN, LINEAR or CANARY."""


class EcsStrategyUnknown(Refused):
    """The ECS service `{ecs_service}` has the strategy {ecs_strategy}, which this version of Slipway does
    not know, so it cannot follow it. Nothing was changed. Upgrade Slipway."""


class NothingRuns(Refused):
    """`{service}` wants 0 tasks, so a new revision would not be tried by any task. Scale it up first."""


class LeftStopped(Refused):
    """`{service}` is stopped: deploy `{deploy}` was to bring back its tasks ({count}), and there is no record
    of that deploy any more. I bring them back by myself within some minutes and say so in its channel; ask
    again then."""


class SameImage(Refused):
    """`{service}` already runs `{tag}` (digest unchanged). Nothing was changed. `/deploy restart {service}`
    starts it in new tasks."""


class NothingToRollBackTo(Refused):
    """I know of no earlier version of `{service}` that ran well, so I cannot tell what to go back to. Name
    a tag: `/deploy {service} TAG`."""


class UnknownTarget(Refused):
    """No deploy of `{service}` that succeeded has the tag or id {target}. Known tags: {known}. Any tag in
    the registry can be deployed with `/deploy {service} TAG`."""


class AlreadyRuns(Refused):
    """`{service}` already runs `{revision}`. Nothing was changed."""


class NoSuchContainer(Refused):
    """The task definition `{family}` has no container {missing}. It has: {present}. Check `containers` of
    `{service}` in `services.yml`."""


class NoSuchContainerBefore(Refused):
    """The task before the rollout is to run in container `{missing}`, but the task definition `{family}` has
    no such container. It has: {present}. Nothing was changed. Check `container` under `before` of `{service}`
    in `services.yml`."""


class AlarmMissing(Refused):
    """CloudWatch has no alarm {missing} in {region}, so I could not check `{service}` after the rollout.
    Nothing was changed. Check `alarms` under `after` of `{service}` in `services.yml`."""


class AlarmRinging(Refused):
    """{ringing}. After the rollout it has to be quiet, so this would only be rolled back. Nothing was
    changed. Ask again when it is quiet; `/deploy rollback {service}` does not wait for it."""


class ForeignRollout(Refused):
    """Another deployment of `{service}` is in progress ({deployment}, revision `{revision}`), and it is not
    mine. Nothing was changed. `/deploy follow {service}` follows it to its end in a thread; a deploy asked
    for meanwhile waits for that. Or ask again when it has ended."""


class NothingToFollow(Refused):
    """No deployment of `{service}` is in progress, so there is nothing to follow. It was set to
    {what}{since}; {counts}."""


class OwnRollout(Refused):
    """There is nothing foreign to follow: {what}, asked for by {user}, {state}. {thread} shows how it
    goes."""


class ScalingNotSuspended(Refused):
    """Application Auto Scaling of `{service}` does not stay suspended, so it could start tasks while they are
    being stopped. The service was not stopped. Look at who changes its scalable target, and deploy again."""


class UnknownField(Refused):
    """Task definition `{revision}` has fields that this version of boto3 does not know ({fields}); a copy
    would lose them. Nothing was changed. Upgrade boto3 where the workers run."""


class TagsUnknown(Refused):
    """The image of `{service}`, `{image}`, is not in a private ECR repository, and I can list the tags of
    those alone."""


class ImageUnreadable(Refused):
    """`{image}` is not an image reference that I can read, so its tag cannot be changed."""


class RepositoryMissing(Refused):
    """ECR has no repository `{repository}` in account {account} ({region}), so there is no image `{image}`.
    Nothing was registered. Check the image in the task definition, or create the repository."""


# What AWS answered


class AwsError(SlipwayError):
    """AWS did not do {action}: {detail}"""


class AwsUnavailable(AwsError):
    """AWS does not answer {action} for now ({detail})."""


class AwsUncertain(AwsUnavailable):
    """AWS gave no answer to {action} ({detail}), so it may or may not have been done."""


class AwsDenied(AwsError):
    """AWS does not allow {action}: {detail} Add it to the role of the workers."""


class AwsForbidden(AwsDenied):
    """AWS does not allow {action}: {detail} An explicit deny wins over what a role allows, so whoever owns
    that policy has to lift it."""


class AwsDeniedToRole(AwsDenied):
    """AWS does not allow {action}: {detail} Add it to that role, which `services.yml` names for the
    service."""


class RoleDenied(AwsDenied):
    """AWS does not let {who} assume the role {role} ({action}). The role has to exist, its trust policy has
    to allow that {external}, and the workers need the permission {action} on it."""


class AwsCredentials(AwsDenied):
    """AWS does not accept the credentials of the workers for {action}: {detail}"""


class ServiceDeploymentsUnavailable(AwsError):
    """ECS service deployments cannot be used here ({action}: {detail})."""


class AwsRefused(AwsError):
    """AWS refused {action}: {detail}"""


# What keeps a process from starting. Every process prints the message to stderr and exits with 2.


class NotStarted(SlipwayError):
    """Slipway cannot start."""


class CatalogueUnreadable(NotStarted):
    """{file} cannot be read: {why}. SERVICES_FILE names the file; start from services.example.yml."""


class CatalogueInvalid(NotStarted):
    """{file} cannot be used: {mistakes}.{listing}"""

    @property
    def problems(self) -> tuple[Any, ...]:
        """Each mistake (`deploys.catalogue.Problem`: line, column, path, message), by line."""
        return tuple(self.facts["problems"])


class SettingsInvalid(NotStarted):
    """Slipway cannot start: {mistakes}. Settings come from the environment, or from {env_file}.{listing}"""

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are missing or wrong."""
        return tuple(self.facts["names"])


class RedisSilent(NotStarted):
    """Redis does not answer at REDIS_URL ({why}). Slipway keeps its deploys there and cannot start without
    it."""


class SlackSilent(NotStarted):
    """Slack does not answer at {url} ({why}). Check the network, and SLACK_API_URL if you set it."""


class SlackRefusesToken(NotStarted):
    """Slack refuses {setting} ({error}). {advice}"""


# Inside


class Conflict(SlipwayError):
    """Somebody else changed the deploy {id} first."""


class LeaseTooShort(SlipwayError):
    """Too little of the lease on {id} is left for this call."""
