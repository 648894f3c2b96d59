"""Each refusal has a button that lifts it, or a reason why none can."""

from __future__ import annotations

import pytest

from deploys import errors
from deploys.buttons.choices import CHOICES, choice_buttons
from deploys.errors import Refused
from deploys.records.phases import Outcome, Phase
from deploys.records.refused_request import RefusedRequest
from deploys.refusal_hints import hints_of
from tests.builders import a_deploy
from workers.thread.card_buttons import card_buttons

FORM = "the form says it, and is still open"
OVER = "it is over or decided: there is nothing left to do"
CARD = "what the first checks refuse has its button on the card, or on the private refusal"
ON_THE_CARD = "its card, or the message that it leads to, has the button"
TYPE_IT = "nobody can tell what is meant: the sentence says what to type"
NOT_HERE = "a button here would go round the rule that nothing is asked for from here"
NOBODY = "people who may do nothing here may not call others either"
NOT_THEIRS = "only the other person sees that request"
STILL_THERE = "the button beside it, which queues the deploy, still works"
MODAL = "the button that is refused so opens a modal, which asks for the reason"
LATER = "it passes by itself: the same can be typed or pressed again then"
QUERY = "it answers a question, and nothing was to be changed"
ON_THE_COMMAND_LINE = "it is said on the command line alone, where Slack's buttons are commands"
IN_THE_FORM = "it is said at the field of the form that lifts it"

WITHOUT_CHOICE = {
    errors.Refused: "the base class",
    errors.AlreadyStopped: OVER,
    errors.HolderAsked: LATER,
    errors.LockOver: STILL_THERE,
    errors.MayOnNone: "what is said of all services says it in its own words",
    errors.NotFromHere: NOT_HERE,
    errors.NothingToReject: OVER,
    errors.OneOfSeveral: TYPE_IT,
    errors.NotLocked: OVER,
    errors.NotStopped: OVER,
    errors.NothingToOverride: OVER,
    errors.ReasonMissing: MODAL,
    errors.TooManyRequests: LATER,
    errors.AlarmFiring: CARD,
    errors.AlarmMissing: CARD,
    errors.AlreadyCancelled: OVER,
    errors.AlreadyDecided: OVER,
    errors.AlreadyRollingBack: OVER,
    errors.AskedRequestOver: OVER,
    errors.AskedLately: LATER,
    errors.BaseLacksContainer: CARD,
    errors.ChoiceGone: TYPE_IT,
    errors.ChoiceOfAnother: NOT_THEIRS,
    errors.CommandForgotten: CARD,
    errors.ContainerUnclear: CARD,
    errors.DaemonHasNoCount: CARD,
    errors.DaemonStopStart: CARD,
    errors.DaemonTasksBlocked: CARD,
    errors.DigestUnknown: CARD,
    errors.EcsStrategyUnknown: CARD,
    errors.ExternalRolloutInProgress: CARD,
    errors.ImageAlreadyRuns: CARD,
    errors.ImageArchived: CARD,
    errors.ImageMissing: CARD,
    errors.ImageUnreadable: CARD,
    errors.LeftStopped: CARD,
    errors.LogsHidden: QUERY,
    errors.LogsInSharedChannel: QUERY,
    errors.ManagementUnknown: CARD,
    errors.NoTaskToRead: QUERY,
    errors.NothingRuns: CARD,
    errors.ApprovalLost: CARD,
    errors.CatalogueChanged: CARD,
    errors.ChannelMissing: IN_THE_FORM,
    errors.DirectMessageRefused: NOT_HERE,
    errors.GuestRefused: NOBODY,
    errors.NotAMember: NOBODY,
    errors.SharedChannelRefused: NOT_HERE,
    errors.NoAppContainer: CARD,
    errors.NoSuchContainer: CARD,
    errors.NoSuchPreTaskContainer: CARD,
    errors.NotReplaceable: OVER,
    errors.NothingLeftToCancel: OVER,
    errors.NothingToCancel: OVER,
    errors.NothingToFollow: OVER,
    errors.NothingToRollBackTo: CARD,
    errors.OtherDeploymentController: CARD,
    errors.PauseAnswered: OVER,
    errors.PauseClosed: OVER,
    errors.PlanChanged: ON_THE_CARD,
    errors.QuestionClosed: OVER,
    errors.RepositoryMissing: CARD,
    errors.RevisionAlreadyRuns: OVER,
    errors.RollbackImageChanged: CARD,
    errors.RollbackImageMissing: CARD,
    errors.RolloutIsOurs: ON_THE_CARD,
    errors.SavedNotOnDisk: "it was done",
    errors.ScaledToZero: CARD,
    errors.ScalingNotSuspended: CARD,
    errors.ServiceMissing: CARD,
    errors.ServiceNotActive: CARD,
    errors.StaleCard: ON_THE_CARD,
    errors.StaleForm: TYPE_IT,
    errors.StrategyShouldBeNative: CARD,
    errors.StrategyShouldNotBeNative: CARD,
    errors.TagNotChosen: IN_THE_FORM,
    errors.TagOfAnotherService: IN_THE_FORM,
    errors.TagsNotCached: QUERY,
    errors.TagsUnknown: QUERY,
    errors.TasksBlocked: CARD,
    errors.TooLateToCancel: OVER,
    errors.TooManyServices: TYPE_IT,
    errors.UnknownDeploy: TYPE_IT,
    errors.UnknownRollbackTarget: CARD,
    errors.UnknownTaskDefinitionField: CARD,
    errors.WrongChannel: NOT_HERE,
    errors.WrongChannelForQuery: NOT_HERE,
    errors.WrongWorkspace: NOBODY,
    errors.CommandLineClosed: ON_THE_COMMAND_LINE,
    errors.CommandLineUserUnknown: ON_THE_COMMAND_LINE,
    errors.MachineUserNotNamed: ON_THE_COMMAND_LINE,
    errors.NothingAsked: ON_THE_COMMAND_LINE,
    errors.PlaceMissing: ON_THE_COMMAND_LINE,
    errors.PlaceNotNamed: ON_THE_COMMAND_LINE,
    errors.TokenFileUnsafe: ON_THE_COMMAND_LINE,
    errors.TokenNotNamed: ON_THE_COMMAND_LINE,
    errors.UnknownChoice: ON_THE_COMMAND_LINE,
    errors.ChannelMissing: FORM,
    errors.RollbackOfferOver: OVER,
    errors.StaleForm: FORM,
    errors.TagNotChosen: FORM,
    errors.TagOfAnotherService: FORM,
}
REFUSALS = {
    found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, Refused)
}
DEPLOY = a_deploy()
IN_DIRECT_MESSAGE = DEPLOY.request.evolve(channel="D01ALICE00")
CLICK = {"subcommand": "", "services": (), "tag": "", "action_id": "deploy:reject"}
FROZEN = {"may_override": "no", "people": "<@U1>"}


def test_each_refusal_has_a_choice_or_a_reason() -> None:
    with_choice = {each for each in REFUSALS if each.__name__ in CHOICES}

    assert with_choice | WITHOUT_CHOICE.keys() == REFUSALS
    assert not with_choice & WITHOUT_CHOICE.keys()
    assert len(CHOICES) == len(with_choice), "each name in the table is an error"


@pytest.mark.parametrize("error", [each for each, why in WITHOUT_CHOICE.items() if why == CARD])
def test_what_the_first_checks_refuse_has_a_button_on_the_card(error: type[Refused]) -> None:
    raised = error.__new__(error)
    raised.facts = {"deployment": "ecs-svc/7", "likely": ("1.4.2",), "tag": "1.4.1"}
    refused = a_deploy(phase=Phase.ENDED, outcome=Outcome.REFUSED, refusal=hints_of(raised))

    assert card_buttons(refused)


BUTTONS_OF_REFUSALS: list[tuple[str, dict[str, object], list[str]]] = [
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
    ("ScaleToZero", {"subcommand": "scale"}, ["Scale to 0"]),
    ("NotAnApprover", {"facts": {"approvers": "<@U1>"}}, ["Ask somebody who may"]),
    ("NotADeployer", {"facts": {"deployers": "<@U1>, <!subteam^S1>"}}, ["Ask somebody who may"]),
    ("NotADeployer", {"facts": {"deployers": "nobody"}}, []),
    ("NotADeployer", {"facts": {"deployers": "everyone"}}, []),
    ("NotADeployer", {"facts": {"deployers": "<@U1>"}, "request": IN_DIRECT_MESSAGE}, []),
    ("NotADeployer", {"facts": {"deployers": "<@U1>"}, "subcommand": ""}, []),
    ("NotAllowed", {"facts": {"people": "<@U1>"}, "is_query": True}, []),
    ("ServiceFrozen", {"facts": {"may_override": "yes", "people": "<@U1>"}}, ["Override the freeze"]),
    ("ServiceFrozen", {"facts": FROZEN, "reason": "payments are down"}, ["Ask somebody who may"]),
    ("ServiceFrozen", {"facts": FROZEN}, ["Ask somebody who may"]),
    ("AllStopped", {**CLICK, "facts": {"stop": "s2t3u4v5", "may_resume": "yes"}}, ["Resume all"]),
    ("AllStopped", {**CLICK, "facts": {"stop": "s2t3u4v5", "may_resume": ""}}, []),
    ("LockNotYours", {"facts": {"people": "<@U1>"}}, ["Ask the holder", "Ask somebody who may"]),
    ("AlreadyLocked", {"facts": {"may_break": "yes"}}, ["Ask the holder", "Break the lock"]),
    ("AlreadyLocked", {"facts": {"may_break": ""}}, ["Ask the holder"]),
    ("QueueFull", {}, ["Send it again"]),
    ("MayNotStopAll", {"facts": {"people": "<@U1>"}}, ["Ask somebody who may"]),
    ("MayNotStopAll", {"facts": {"people": ""}}, []),
    ("PersonUnknown", {}, ["Send it again"]),
    ("PersonUnknown", {"subcommand": ""}, []),
    ("NoSelfRejection", {**CLICK, "facts": {"id": "k3m9p2qr"}}, ["Run /deploy cancel k3m9p2qr"]),
    (
        "ContainerNotInTask",
        {"subcommand": "logs", "tag": "", "arguments": {"count": 5}, "facts": {"containers": "web,envoy"}},
        ["Run /deploy logs wbe web 5", "Run /deploy logs wbe envoy 5"],
    ),
    ("GroupInList", {"facts": {"meant": "web,api"}}, ["Run /deploy web,api 1.4.2"]),
    ("GroupInList", {"facts": {"meant": ""}}, []),
    ("CommaMissing", {"facts": {"names": "web,api", "tag": "1.5"}}, ["Run /deploy web,api 1.5"]),
    ("CommaMissing", {"facts": {"names": "web,api", "tag": ""}}, []),
    (
        "OneServiceAtATime",
        {"facts": {"names": "web,api"}, "subcommand": "restart", "tag": ""},
        ["Run /deploy restart web", "Run /deploy restart api"],
    ),
    ("OneServiceAtATime", {"facts": {"names": "a,b,c,d,e,f"}}, []),
    ("BatchRefused", {"facts": {"locked": "yes"}}, ["Queue all for when they are free"]),
    (
        "BatchRefused",
        {"facts": {"locked": "yes", "lock": "abcd2345", "may_break": "yes", "others": "api"}},
        ["Queue all for when they are free", "Ask the holder", "Break the lock", "Deploy only api"],
    ),
    ("BatchRefused", {"facts": {"may_override": "yes", "people": "<@U1>"}}, ["Override the freeze"]),
    ("BatchRefused", {"facts": {"people": "<@U1>"}}, ["Ask somebody who may"]),
    ("BatchRefused", {"facts": {"again": "yes"}}, ["Send it again"]),
    ("BatchRefused", {"facts": {"meant": "web,api"}}, ["Run /deploy web,api 1.4.2"]),
    ("StaleCard", {}, []),
]
"""Refusals, fields of what was refused, and the labels of their buttons."""


def refused_request(error: str, fields: dict[str, object]) -> RefusedRequest:
    """What the bot keeps of a request that was refused so."""
    given = {"subcommand": "deploy", "services": ("wbe",), "tag": "1.4.2", **fields}
    return RefusedRequest.model_validate(
        {"id": "abcdefgh", "request": DEPLOY.request, "error": error, **given}
    )


@pytest.mark.parametrize(("error", "fields", "labels"), BUTTONS_OF_REFUSALS)
def test_the_buttons_of_a_refusal(error: str, fields: dict[str, object], labels: list[str]) -> None:
    refused = refused_request(error, fields)

    assert [each.label for each in choice_buttons(refused)] == labels
