"""Every error: those that a step can raise after it changed the service, and those that it cannot."""

from __future__ import annotations

from deploys import errors
from deploys.errors import SlipwayError

EVERY_ERROR = {
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, SlipwayError)
}
RAISED_AFTER_CHANGE: tuple[type[Exception], ...] = (
    errors.AwsCredentials,
    errors.AwsDenied,
    errors.AwsDeniedByOtherAccount,
    errors.AwsDeniedByPolicy,
    errors.AwsDeniedToRole,
    errors.AwsError,
    errors.AwsExplicitDeny,
    errors.AwsRefused,
    errors.AwsUnavailable,
    errors.AwsResultUnknown,
    errors.ImageUnreadable,
    errors.InternalError,
    errors.MembershipUnknown,
    errors.NoSuchContainer,
    errors.Refused,
    errors.RoleDenied,
    errors.ServiceDeploymentsUnavailable,
    errors.SlipwayError,
    errors.UnknownSchema,
    errors.UnknownTaskDefinitionField,
    KeyError,
)
"""What a step after the first change can raise, and an error that nobody expected."""
ERRORS_TOLD_APART = (
    errors.AwsDenied,
    errors.AwsRefused,
    errors.AwsUnavailable,
    errors.AwsResultUnknown,
    KeyError,
)
"""One of each kind that steps handle differently."""
CLAIM_ERRORS = {errors.Conflict, errors.LeaseTooShort, errors.NotOnDisk}
"""Nothing may be changed for now, so the step is repeated: see `test_guards`, `test_worker_crashes` and
`test_redis_not_durable`."""
NEVER_RAISED_AFTER_CHANGE = {
    # by the bot, for what people type and click
    errors.SavedNotOnDisk,
    errors.AlreadyCancelled,
    errors.AlreadyDecided,
    errors.AlreadyRollingBack,
    errors.GroupInList,
    errors.MentionTooLate,
    errors.CommaMissing,
    errors.NoSelfApproval,
    errors.NoSelfContinue,
    errors.NoSelfRejection,
    errors.NotADeployer,
    errors.NotAllowed,
    errors.NotAnApprover,
    errors.NothingLeftToCancel,
    errors.NothingToCancel,
    errors.StaleCard,
    errors.OneServiceAtATime,
    errors.RolloutIsOurs,
    errors.PauseAnswered,
    errors.PauseClosed,
    errors.PlanChanged,
    errors.QuestionClosed,
    errors.BatchRefused,
    errors.TooManyRequests,
    errors.QueueFull,
    errors.TooManyOpenDeploys,
    errors.CommandTooLate,
    errors.TooLateToCancel,
    errors.TooManyServices,
    errors.UnknownDeploy,
    errors.UnknownService,
    errors.WrongChannel,
    errors.WrongChannelForQuery,
    errors.WrongWorkspace,
    # by a process that cannot start
    errors.CatalogueInvalid,
    errors.CatalogueUnreadable,
    errors.StartupError,
    errors.RedisUnreachable,
    errors.SettingsInvalid,
    errors.SlackRefusesToken,
    errors.SlackUnreachable,
    # by a check of the plan, before the first change
    errors.AlarmMissing,
    errors.AlarmFiring,
    errors.RevisionAlreadyRuns,
    errors.BaseLacksContainer,
    errors.ContainerUnclear,
    errors.DaemonStopStart,
    errors.DaemonTasksBlocked,
    errors.StrategyShouldNotBeNative,
    errors.StrategyShouldBeNative,
    errors.EcsStrategyUnknown,
    errors.OtherDeploymentController,
    errors.ExternalRolloutInProgress,
    errors.ImageArchived,
    errors.ImageMissing,
    errors.LeftStopped,
    errors.ManagementUnknown,
    errors.NoAppContainer,
    errors.NoSuchPreTaskContainer,
    errors.ScaledToZero,
    errors.NothingToFollow,
    errors.NothingToRollBackTo,
    errors.DigestUnknown,
    errors.RepositoryMissing,
    errors.RollbackImageChanged,
    errors.RollbackImageMissing,
    errors.ImageAlreadyRuns,
    errors.ScalingNotSuspended,
    errors.ServiceMissing,
    errors.ServiceNotActive,
    errors.TagsNotCached,
    errors.TagsUnknown,
    errors.TasksBlocked,
    errors.UnknownRollbackTarget,
}
