"""Every refusal, and the buttons that lift it."""

from __future__ import annotations

import string

from bot import private_reply
from bot.private_reply import PrivateReply
from deploys import errors
from deploys.buttons import Button
from deploys.buttons.choices import choice_buttons
from deploys.errors import OtherDeploymentController, SlipwayError
from tests.deploys.test_choices import BUTTONS_OF_REFUSALS, refused_request
from tests.deploys.test_errors import EVERY_ERROR
from tests.gallery.exhibit import Block, Exhibit, Section

FACTS = {
    "about": "new revisions of task definitions",
    "account": "210987654321",
    "action": "deploy",
    "advice": "Install the app again and set the new token.",
    "ago": "4 min 10 s",
    "approvers": "<@U02BOB0000>",
    "button": "Continue",
    "by": "CodeDeploy",
    "candidates": "`web`, `worker`",
    "changes": "its cluster",
    "channel": "C01DEPLOYS",
    "channels": "<#C01DEPLOYS>",
    "clock": " Slack's clock and mine differ by 35 s.",
    "cluster": "production",
    "controller": "CODE_DEPLOY",
    "count": "3",
    "counts": "3 of 3 tasks run",
    "deploy": "k3m9p2qr",
    "deployers": "<@U01ALICE00>, <!subteam^S01DEPLOYERS>",
    "deployment": "ecs-svc/4711",
    "desired": "3",
    "detail": "the request timed out",
    "done": "deployed",
    "ecs_service": "web",
    "ecs_strategy": "BLUE_GREEN",
    "env_file": "/etc/slipway.env",
    "error": "token_revoked",
    "external": "with the external id of `services.yml`",
    "family": "web",
    "fewest": "3",
    "fields": "`newField`",
    "file": "services.yml",
    "found": "7",
    "groups": "<!subteam^S01DEPLOYERS>",
    "higher": "134",
    "hint": "",
    "how": "<@U02BOB0000> locked it (today 14:13, until it is unlocked): migrating.",
    "id": "k3m9p2qr",
    "ids": "`k3m9p2qr`, `w7x8y9zt`",
    "image": "web:9.9.9",
    "kind": "deploy",
    "known": "`1.4.1`, `1.4.0`",
    "container": "`worker`",
    "hours": "24",
    "limit": "10",
    "link": "<https://console.aws.amazon.com/|CloudWatch Logs>",
    "listing": "\n• `web`: `cluster` is missing",
    "lower": "66",
    "management": "unknown",
    "maximum": "100",
    "meant": "",
    "minimum": "100",
    "minutes": "5",
    "missing": "worker",
    "mistakes": "1 mistake",
    "most": "3",
    "name": "wbe",
    "names": "web,api",
    "nearest": "Did you mean `web`?",
    "none_runs": "",
    "now": "sha256:bbbbbbbbbbbb",
    "owner": "<@U02BOB0000>",
    "people": "<@U02BOB0000>",
    "policy": "service control policy",
    "problem": "is empty",
    "present": "`web`",
    "recent": "The newest tags are `1.4.2`, `1.4.1`.",
    "reference": "0f3a9c1d",
    "refusals": "\n• `web` already runs `1.4.2`.",
    "region": "eu-west-1",
    "repository": "web",
    "revision": "web:7",
    "ringing": "Alarm `web-5xx` is in ALARM",
    "role": "arn:aws:iam::210987654321:role/slipway",
    "rule": "deployers",
    "seconds": "35",
    "service": "web",
    "services": "`web`, `api`",
    "setting": "SLACK_BOT_TOKEN",
    "since": " since 14:13 UTC",
    "state": "is rolling out",
    "states": "`web` succeeded, `api` succeeded",
    "status": "ARCHIVED",
    "strategy": "BLUE_GREEN",
    "tag": "1.4.2",
    "target": "1.3.9",
    "then": "sha256:aaaaaaaaaaaa",
    "thread": "<https://slack.test/archives/C01DEPLOYS/p1|Its thread>",
    "url": "https://slack.com/api/",
    "user": "<@U01ALICE00>",
    "verb": "restart",
    "what": "`web` `1.4.2`",
    "where": "<https://slack.test/archives/C01DEPLOYS/p1|The newer one>",
    "who": "slipway-worker",
    "why": "the end of the quarter",
    "word": "api",
}
"""A sample of every fact that a refusal names."""
OWN_FACTS: dict[str, dict[str, str]] = {
    "CommandLineClosed": {"name": "alice"},
    "CommandLineUserUnknown": {"who": "user/alice"},
    "MachineUserNotNamed": {"name": "alice"},
    "NothingAsked": {"what": "`web` `1.4.2`", "state": "is queued"},
    "PlaceNotNamed": {"channel": "C09NOWHERE"},
    "TokenFileUnsafe": {"file": "ci.token", "problem": "may be read by others; write `chmod 600 ci.token`"},
    "TokenNotNamed": {"setting": "SLIPWAY_TOKEN_FILE"},
    "UnknownChoice": {"name": "lock-quee", "nearest": "Did you mean `lock-queue`?"},
    "AlreadyDecided": {"how": "approved by <@U02BOB0000>"},
    "AlreadyStopped": {"how": "<@U02BOB0000> stopped all deploys (today 14:13): the network is down."},
    "AskedRequestOver": {"how": "it was run by <@U02BOB0000>"},
    "LockNotYours": {"how": "<@U02BOB0000> locked `web` (today 14:13, until it is unlocked): migrating."},
    "MayNotResumeAll": {"how": "<@U02BOB0000> stopped all deploys (today 14:13): the network is down."},
    "NotAMember": {"what": "a deactivated member"},
    "PauseClosed": {"how": "it timed out"},
    "ServiceFrozen": {"why": "`web` is frozen until 18:00 UTC: the end of the quarter."},
    "ServiceNotActive": {"how": "is INACTIVE"},
    "StrategyShouldBeNative": {"strategy": "rolling"},
    "StrategyShouldNotBeNative": {"ecs_strategy": "ROLLING"},
    "TooManyRequests": {"what": "requests"},
}
"""Facts that mean something else in one refusal."""


def facts_of(error: type[SlipwayError]) -> dict[str, str]:
    """Samples of all that the sentence names.

    Raises:
        KeyError: there is no sample for one of them yet.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(error.sentence) if name]
    own = OWN_FACTS.get(error.__name__, {})
    action = {"action": "ecs:UpdateService"} if error.__module__.endswith(".aws") else {}
    return {name: {**FACTS, **action, **own}[name] for name in names}


def refusal_section() -> Section:
    """Each error by its name; the buttons are those that a request gets that was refused so."""
    return Section(
        "Refusals", [Exhibit(each.__name__, message_of(each), private=True) for each in EVERY_ERROR]
    )


def message_of(error: type[SlipwayError]) -> str:
    """The sentence, filled in."""
    if error is OtherDeploymentController:
        return OtherDeploymentController(ecs_service="web", controller="CODE_DEPLOY").message
    return error(**facts_of(error)).message


def choice_section() -> Section:
    """Refusals with the buttons that lift them."""
    exhibits = []
    for name, fields, labels in BUTTONS_OF_REFUSALS:
        if labels:
            text = message_of(getattr(errors, name))
            shown = choice_buttons(refused_request(name, fields))
            exhibits.append(
                Exhibit(f"{name}: {', '.join(labels)}", text, with_buttons(text, shown), private=True)
            )
    return Section("Refusals with buttons", exhibits)


def with_buttons(text: str, shown: tuple[Button, ...]) -> list[Block]:
    """The text, with a row of buttons below it, as the bot answers."""
    return [*private_reply.with_buttons(PrivateReply(text), shown).blocks]
