"""Each refusal has a button that lifts it, or a reason why none can."""

from __future__ import annotations

import pytest

from deploys import errors
from deploys.buttons.choices import CHOICES, choice_buttons
from deploys.errors import Refused
from deploys.records.refused_request import RefusedRequest
from tests.builders import a_deploy

CHANGE_AWS = "somebody has to change AWS or the image first"
CHANGE_SERVICES_YML = "somebody has to change services.yml first"
OVER = "it is over or decided: there is nothing left to do"
CARD = "its card, or the private refusal, has the button"
TYPE_IT = "what is meant has to be typed: the sentence says how"
ELSEWHERE = "only the place or the person is wrong, and the sentence names the right ones"
LATER = "it passes by itself: the sentence says when to try again"

WITHOUT_CHOICE = {
    errors.Refused: "the base class",
    errors.AlreadyLocked: ELSEWHERE,
    errors.AlreadyStopped: OVER,
    errors.HolderAsked: LATER,
    errors.LockNotYours: ELSEWHERE,
    errors.LockOver: OVER,
    errors.MayNotResumeAll: ELSEWHERE,
    errors.MayNotStopAll: ELSEWHERE,
    errors.NotLocked: OVER,
    errors.NotStopped: OVER,
    errors.NothingToOverride: OVER,
    errors.QueueFull: LATER,
    errors.ReasonMissing: TYPE_IT,
    errors.TooManyOpenDeploys: LATER,
    errors.TooManyRequests: LATER,
    errors.AlarmFiring: LATER,
    errors.AlarmMissing: CHANGE_SERVICES_YML,
    errors.AlreadyCancelled: OVER,
    errors.AlreadyDecided: OVER,
    errors.AlreadyRollingBack: OVER,
    errors.AskedLately: LATER,
    errors.BaseLacksContainer: CHANGE_AWS,
    errors.ChoiceGone: TYPE_IT,
    errors.ChoiceOfAnother: ELSEWHERE,
    errors.CommaMissing: TYPE_IT,
    errors.ContainerUnclear: CHANGE_SERVICES_YML,
    errors.DaemonStopStart: CHANGE_SERVICES_YML,
    errors.DaemonTasksBlocked: CHANGE_AWS,
    errors.DigestUnknown: CHANGE_SERVICES_YML,
    errors.EcsStrategyUnknown: CHANGE_AWS,
    errors.ExternalRolloutInProgress: CARD,
    errors.GroupInList: TYPE_IT,
    errors.ImageAlreadyRuns: TYPE_IT,
    errors.ImageArchived: CHANGE_AWS,
    errors.ImageMissing: CARD,
    errors.ImageUnreadable: CHANGE_AWS,
    errors.LeftStopped: LATER,
    errors.ManagementUnknown: CHANGE_AWS,
    errors.CatalogueChanged: TYPE_IT,
    errors.ChannelHidden: ELSEWHERE,
    errors.ChannelUnknown: LATER,
    errors.DirectMessageRefused: ELSEWHERE,
    errors.GuestRefused: ELSEWHERE,
    errors.MayNotWithdraw: ELSEWHERE,
    errors.MembershipUnknown: LATER,
    errors.NotAMember: ELSEWHERE,
    errors.PersonUnknown: LATER,
    errors.SharedChannelRefused: ELSEWHERE,
    errors.SlackUnsure: LATER,
    errors.NoAppContainer: CHANGE_SERVICES_YML,
    errors.NoSelfRejection: TYPE_IT,
    errors.NoSuchContainer: CHANGE_SERVICES_YML,
    errors.NoSuchPreTaskContainer: CHANGE_SERVICES_YML,
    errors.NotADeployer: ELSEWHERE,
    errors.NotAllowed: ELSEWHERE,
    errors.NotReplaceable: OVER,
    errors.NothingLeftToCancel: OVER,
    errors.NothingToCancel: OVER,
    errors.NothingToFollow: OVER,
    errors.NothingToRollBackTo: TYPE_IT,
    errors.OneServiceAtATime: TYPE_IT,
    errors.OtherDeploymentController: CHANGE_AWS,
    errors.PauseAnswered: OVER,
    errors.PauseClosed: OVER,
    errors.PlanChanged: CARD,
    errors.QuestionClosed: OVER,
    errors.RepositoryMissing: CHANGE_AWS,
    errors.RevisionAlreadyRuns: OVER,
    errors.RollbackImageChanged: TYPE_IT,
    errors.RollbackImageMissing: CARD,
    errors.RolloutIsOurs: ELSEWHERE,
    errors.SavedNotOnDisk: "it was done",
    errors.ScaledToZero: CHANGE_AWS,
    errors.ScalingNotSuspended: CHANGE_AWS,
    errors.ServiceMissing: CHANGE_SERVICES_YML,
    errors.ServiceNotActive: CHANGE_AWS,
    errors.StaleCard: CARD,
    errors.StrategyShouldBeNative: CHANGE_SERVICES_YML,
    errors.StrategyShouldNotBeNative: CHANGE_SERVICES_YML,
    errors.TagsNotCached: CHANGE_AWS,
    errors.TagsUnknown: CHANGE_AWS,
    errors.TasksBlocked: CHANGE_AWS,
    errors.TooLateToCancel: OVER,
    errors.TooManyServices: TYPE_IT,
    errors.UnknownDeploy: TYPE_IT,
    errors.UnknownRollbackTarget: CARD,
    errors.UnknownTaskDefinitionField: CHANGE_AWS,
    errors.WrongChannel: ELSEWHERE,
    errors.WrongChannelForQuery: ELSEWHERE,
    errors.WrongWorkspace: ELSEWHERE,
}
REFUSALS = {
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, Refused)
}
DEPLOY = a_deploy()


def test_each_refusal_has_a_choice_or_a_reason() -> None:
    with_choice = {each for each in REFUSALS if each.__name__ in CHOICES}

    assert with_choice | WITHOUT_CHOICE.keys() == REFUSALS
    assert not with_choice & WITHOUT_CHOICE.keys()
    assert len(CHOICES) == len(with_choice), "each name in the table is an error"


@pytest.mark.parametrize(
    ("error", "fields", "labels"),
    [
        ("CommandTooLate", {}, ["Send it again"]),
        ("CommandTooLate", {"subcommand": "", "action_id": "deploy:cancel"}, []),
        ("MentionTooLate", {}, ["Send it again"]),
        ("UnknownService", {"facts": {"likely": "web"}}, ["I mean web"]),
        ("UnknownService", {"facts": {"likely": ""}}, []),
        ("UnknownService", {"facts": {"likely": "web"}, "services": ("wbe", "api")}, []),
        ("BatchRefused", {"facts": {"others": "web,api"}}, ["Deploy only web, api"]),
        ("BatchRefused", {"facts": {"others": ""}}, []),
        ("BatchRefused", {}, []),
        ("NoSelfApproval", {"action_id": "a", "facts": {"approvers": "<@U1>"}}, ["Ask an approver"]),
        ("NoSelfApproval", {"action_id": "a", "facts": {"approvers": "nobody else may"}}, []),
        ("NotAnApprover", {"facts": {"approvers": "<@U1>"}}, []),
        ("StaleCard", {}, []),
    ],
)
def test_the_buttons_of_a_refusal(error: str, fields: dict[str, object], labels: list[str]) -> None:
    given = {"subcommand": "deploy", "services": ("wbe",), "tag": "1.4.2", **fields}
    refused = RefusedRequest.model_validate(
        {"id": "abcdefgh", "request": DEPLOY.request, "error": error, **given}
    )

    assert [each.label for each in choice_buttons(refused)] == labels
