"""What a check found of the ECS service and its rollouts, before anything was changed."""

from __future__ import annotations

from deploys.errors.base import Refused

_CONTROLLERS = {"CODE_DEPLOY": "AWS CodeDeploy", "EXTERNAL": "a tool of your own"}
"""The values of the enum DeploymentControllerType but ECS's own."""


class ServiceMissing(Refused):
    sentence = """ECS has no service `{ecs_service}` in cluster `{cluster}` ({region}). Check `cluster`,
    `ecs_service` and `region` of `{service}` in `services.yml`."""


class ServiceNotActive(Refused):
    sentence = """The ECS service `{ecs_service}` {how}, so it cannot be deployed. Create it again, or check
    `ecs_service` of `{service}` in `services.yml`."""


class OtherDeploymentController(Refused):
    sentence = """The ECS service `{ecs_service}` is deployed by {by} (its deployment controller is
    {controller}), and ECS refuses a new task definition from anybody else. Deploy it there, or change its
    deployment controller to ECS."""

    def __init__(self, *, ecs_service: str, controller: str) -> None:
        by = _CONTROLLERS.get(controller, "something else than ECS")
        super().__init__(ecs_service=ecs_service, controller=controller, by=by)


class ManagementUnknown(Refused):
    sentence = """The ECS service `{ecs_service}` is managed by {management} (its resourceManagementType),
    which this version of Slipway does not know, so it cannot tell what a deploy would do to it. Upgrade
    Slipway, or deploy the service where it is managed."""


class DaemonStopStart(Refused):
    sentence = """`{service}` is a DAEMON service: it has no desired count, so it cannot be stopped and
    started. Use `strategy: rolling`."""


class StrategyShouldBeNative(Refused):
    sentence = """The ECS service `{ecs_service}` is {ecs_strategy}: it shifts traffic in stages of its own,
    but `services.yml` says `strategy: {strategy}` for `{service}`. Write `strategy: native` there, or change
    the ECS service's strategy to ROLLING."""


class StrategyShouldNotBeNative(Refused):
    sentence = """The ECS service `{ecs_service}` is {ecs_strategy}: it shifts no traffic, but `services.yml`
    says `strategy: native` for `{service}`. Write `strategy: rolling` there, or make the ECS service
    BLUE_GREEN, LINEAR or CANARY."""


class EcsStrategyUnknown(Refused):
    sentence = """The ECS service `{ecs_service}` has the strategy {ecs_strategy}, which this version of
    Slipway does not know, so it cannot follow it. Upgrade Slipway."""


class ScaledToZero(Refused):
    sentence = """`{service}` is set to 0 tasks{who}, so a new revision would not be tried by any task. Scale
    it up first: `/deploy scale {service} COUNT`."""


class DaemonHasNoCount(Refused):
    sentence = """`{service}` is a DAEMON service: ECS runs one task on each instance, so it has no count that
    could be set. Change the number of instances instead."""


class LogsHidden(Refused):
    sentence = """`services.yml` keeps the log lines of `{service}` out of Slack (`logs: hide`). {link} has
    them."""


class LogsInSharedChannel(Refused):
    sentence = """No log lines are shown in a channel that is shared with others. Ask for those of `{service}`
    in another channel; {link} has them, too."""


class ContainerNotInTask(Refused):
    sentence = """`{service}` has no container {container}. It has {known}."""


class NoTaskToRead(Refused):
    sentence = """No task of `{service}` runs, and none has stopped within the last hour, so there is no log
    to read. {link} has older ones."""


class NothingRuns(Refused):
    sentence = """ECS does not say which revision of `{service}` runs, so there is nothing to run a command
    with. Deploy it first."""


class TasksBlocked(Refused):
    sentence = """ECS could neither stop nor start a task of `{ecs_service}`, so the rollout would never move.
    Of {desired}, its minimum healthy percent of {minimum} keeps {fewest} (rounded up) and its maximum
    percent of {maximum} allows {most} (rounded down). Set the maximum percent to {higher} or more, so that a
    new task starts first, or the minimum healthy percent to {lower} or less, so that an old one stops
    first{none_runs}."""


class DaemonTasksBlocked(Refused):
    sentence = """ECS could not stop any task of `{ecs_service}`, so the rollout would never move. It is a
    DAEMON service, whose maximum percent stays {maximum}: on each instance the old task stops before the new
    one starts. Of {desired}, its minimum healthy percent of {minimum} keeps {fewest} (rounded up). Set the
    minimum healthy percent to {lower} or less{none_runs}."""


class LeftStopped(Refused):
    sentence = """`{service}` is stopped: deploy `{deploy}` was to bring back its tasks ({count}), and there
    is no record of that deploy any more. I bring them back by myself within two minutes and say so in its
    channel; ask again then."""


class ScalingNotSuspended(Refused):
    sentence = """Application Auto Scaling of `{service}` does not stay suspended, so it could start tasks
    while they are being stopped. The service was not stopped. Look at who changes its scalable target, and
    deploy again."""


class ExternalRolloutInProgress(Refused):
    sentence = """Another deployment of `{service}` is in progress ({deployment}, revision `{revision}`), and
    Slipway did not start it. `/deploy follow {service}` follows it to its end in a thread; a deploy asked
    for meanwhile waits for that. Or ask again when it has ended."""


class NothingToFollow(Refused):
    sentence = """No deployment of `{service}` is in progress, so there is nothing to follow. It was set to
    {what}{since}; {counts}."""


class RolloutIsOurs(Refused):
    sentence = """There is no external rollout to follow: {what}, asked for by {user}, {state}. {thread}
    shows how it goes."""
