"""Every error there is: what a step can raise after it changed the service, and what nothing raises there."""

from __future__ import annotations

from deploys import errors
from deploys.errors import SlipwayError

EVERY_ERROR = {
    found
    for name in errors.__all__
    if isinstance(found := getattr(errors, name), type) and issubclass(found, SlipwayError)
}
RAISED: tuple[type[Exception], ...] = (
    errors.AwsCredentials,
    errors.AwsDenied,
    errors.AwsDeniedByOwner,
    errors.AwsDeniedByPolicy,
    errors.AwsDeniedToRole,
    errors.AwsError,
    errors.AwsForbidden,
    errors.AwsRefused,
    errors.AwsUnavailable,
    errors.AwsUncertain,
    errors.ImageUnreadable,
    errors.InternalError,
    errors.MembershipUnknown,
    errors.NoSuchContainer,
    errors.Refused,
    errors.RoleDenied,
    errors.ServiceDeploymentsUnavailable,
    errors.SlipwayError,
    errors.UnknownField,
    KeyError,
)
"""What a step after the first change can raise, and an error that nobody expected."""
LIKE_THE_OTHERS = (errors.AwsDenied, errors.AwsRefused, errors.AwsUnavailable, errors.AwsUncertain, KeyError)
"""One of each kind that steps tell apart."""
ABOUT_THE_CLAIM = {errors.Conflict, errors.LeaseTooShort, errors.NotOnDisk}
"""Nothing may be changed for now, so the step is taken again; `test_guards`, `test_crashes` and
`test_not_on_disk` have them."""
NEVER_RAISED = {
    # by the bot, for what people type and click
    errors.TakenNotOnDisk,
    errors.AlreadyCancelled,
    errors.AlreadyDecided,
    errors.AlreadyGoingBack,
    errors.GroupInList,
    errors.LateMention,
    errors.NoCommas,
    errors.NoSelfApproval,
    errors.NoSelfContinue,
    errors.NoSelfRejection,
    errors.NotADeployer,
    errors.NotAnApprover,
    errors.NothingLeftToCancel,
    errors.NothingToCancel,
    errors.OldCard,
    errors.OneAtATime,
    errors.OwnRollout,
    errors.PauseAnswered,
    errors.PauseOver,
    errors.PlanChanged,
    errors.QuestionClosed,
    errors.SeveralRefused,
    errors.TooLate,
    errors.TooLateToCancel,
    errors.TooManyAtOnce,
    errors.UnknownDeploy,
    errors.UnknownService,
    errors.WrongChannel,
    errors.WrongChannelToAsk,
    errors.WrongTeam,
    # by a process that cannot start
    errors.CatalogueInvalid,
    errors.CatalogueUnreadable,
    errors.NotStarted,
    errors.RedisSilent,
    errors.SettingsInvalid,
    errors.SlackRefusesToken,
    errors.SlackSilent,
    # by a check of the plan, before the first change
    errors.AlarmMissing,
    errors.AlarmRinging,
    errors.AlreadyRuns,
    errors.BaseLacksContainer,
    errors.ContainerUnclear,
    errors.DaemonStopStart,
    errors.DaemonTasksBlocked,
    errors.EcsShiftsNoTraffic,
    errors.EcsShiftsTraffic,
    errors.EcsStrategyUnknown,
    errors.ForeignController,
    errors.ForeignRollout,
    errors.ImageArchived,
    errors.ImageMissing,
    errors.LeftStopped,
    errors.ManagementUnknown,
    errors.NoAppContainer,
    errors.NoSuchContainerBefore,
    errors.NothingRuns,
    errors.NothingToFollow,
    errors.NothingToRollBackTo,
    errors.PinUnknown,
    errors.RepositoryMissing,
    errors.RollbackImageChanged,
    errors.RollbackImageMissing,
    errors.SameImage,
    errors.ScalingNotSuspended,
    errors.ServiceMissing,
    errors.ServiceNotActive,
    errors.TagsNotCached,
    errors.TagsUnknown,
    errors.TasksBlocked,
    errors.UnknownTarget,
}
