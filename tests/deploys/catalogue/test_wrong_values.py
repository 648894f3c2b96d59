"""Wrong keys, values and names, with line, what is allowed and the most similar word: whole messages."""

from __future__ import annotations

import pytest

from tests.deploys.catalogue.services_yml import list_problems, one_service

PEOPLE_HINT = (
    "Write a user id (U… or W…; in Slack: their profile, then ⋮, then Copy member ID) or a user group id "
    "(S…; in Slack: People & user groups, then the group, then ⋮, then Copy group ID)."
)
CHANNEL_HINT = (
    "Write a channel id (C… or G…; in Slack: the channel's name at the top, then the foot of the About tab)."
)
DURATION_HINT = "write a duration such as `90s`, `20m` or `1h30m`, or a number of seconds."
APPROVALS_HINT = "write how many different people have to approve: 0 to 10"
GIVE_UP_AFTER_HINT = "write how many tasks may fail in a row, 0 for any number: 0 to 200"
STRATEGIES_HINT = "`rolling`, `stop-start` or `native`"
NAME_HINT = (
    "this cannot be a service's name: use lower-case letters, digits and hyphens, at most 63 characters, "
    "and do not begin with a hyphen."
)
SERVICE_KEYS = (
    "`cluster`, `region`, `containers`, `strategy`, `deployers`, `approvers`, `may_roll_back`, "
    "`may_lock`, `may_scale`, `may_run`, `may_override`, `guests`, `direct_messages`, `shared_channels`, "
    "`approvals`, `self_approval`, `channels`, `deadline`, `give_up_after`, `approval_expiry`, `pin`, "
    "`base`, `before`, `run_deadline`, `after`, `freezes`, `logs`, `compare`, `notify`, `role`, "
    "`ecs_service`"
)

VALUE_MISTAKES = [
    # keys
    ("stratgy: rolling", "5:5: services.web.stratgy: there is no such key. Did you mean `strategy`?"),
    ("approver: []", "5:5: services.web.approver: there is no such key. Did you mean `approvers`?"),
    ("Deadline: 20m", "5:5: services.web.Deadline: there is no such key. Did you mean `deadline`?"),
    ("colour: red", f"5:5: services.web.colour: there is no such key. Allowed are: {SERVICE_KEYS}."),
    # strategy
    (
        "strategy: stopstart",
        f"5:15: services.web.strategy: `stopstart` is not a strategy; write {STRATEGIES_HINT}. "
        "Did you mean `stop-start`?",
    ),
    (
        "strategy: blue-green",
        f"5:15: services.web.strategy: `blue-green` is not a strategy; write {STRATEGIES_HINT}.",
    ),
    ("strategy:", f"5:5: services.web.strategy: there is no value; write {STRATEGIES_HINT}."),
    ("strategy: [rolling]", f"5:15: services.web.strategy: this is a list; write {STRATEGIES_HINT}."),
    # pin
    (
        "pin: sha256",
        "5:10: services.web.pin: `sha256` is not a way to name an image; write `tag` or `digest`.",
    ),
    # base
    (
        "base: newest",
        "5:11: services.web.base: `newest` is not a revision to copy; write `running` or `latest`.",
    ),
    (
        "base: Latest",
        "5:11: services.web.base: `Latest` is not a revision to copy; write `running` or `latest`. "
        "Did you mean `latest`?",
    ),
    # compare
    (
        "compare: https://github.com/acme/web/compare/1.4.1...1.4.2",
        "5:14: services.web.compare: write `{from}` and `{to}` once each, where the two tags belong: "
        "`https://github.com/acme/shop/compare/{from}...{to}`.",
    ),
    (
        "compare: https://github.com/{org}/web/compare/{from}...{to}",
        "5:14: services.web.compare: only `{from}` and `{to}` are filled in; leave out other braces: "
        "`https://github.com/acme/shop/compare/{from}...{to}`.",
    ),
    (
        "compare: http://github.com/acme/web/compare/{from}...{to}",
        "5:14: services.web.compare: this is not the address of a web page; write one such as "
        "`https://github.com/acme/shop/compare/{from}...{to}`.",
    ),
    # logs
    (
        "logs: hidden",
        "5:11: services.web.logs: `hidden` is not what to do with log lines; write `show` or `hide`. "
        "Did you mean `hide`?",
    ),
    # ECS names
    (
        "ecs_service: arn:aws:ecs:eu-west-1:123456789012:service/production/web",
        "5:18: services.web.ecs_service: this is an ARN; write only the name: `web`.",
    ),
    (
        "ecs_service: my web",
        "5:18: services.web.ecs_service: `my web` cannot be the name of an ECS service; "
        "ECS allows letters, digits, hyphens and underscores, at most 255.",
    ),
    (
        "ecs_service: 42",
        "5:18: services.web.ecs_service: `42` is a number; write the name of an ECS service, "
        "in quotes if it looks like that.",
    ),
    (
        "ecs_service: true",
        "5:18: services.web.ecs_service: `true` is a boolean; write the name of an ECS service, "
        "in quotes if it looks like that.",
    ),
    (
        "ecs_service: ''",
        "5:18: services.web.ecs_service: the text is empty; write the name of an ECS service.",
    ),
    # lists
    (
        "containers: app",
        "5:17: services.web.containers: `app` is text; write a list of container names: `[app]`.",
    ),
    (
        "containers:",
        "5:5: services.web.containers: there is no value; write a list of container names, or `[]` for none.",
    ),
    (
        "containers: {app: 1}",
        "5:17: services.web.containers: this is a mapping; write a list of container names.",
    ),
    ("containers: [app, proxy, app]", "5:17: services.web.containers: `app` is listed more than once."),
    (
        "deployers:",
        "5:5: services.web.deployers: there is no value; write a list of user ids (U…) and user group "
        "ids "
        "(S…), or `[]` for none.",
    ),
    # ids
    (
        "deployers: ['@alice']",
        f"5:17: services.web.deployers[0]: `@alice` is a name, not an id. {PEOPLE_HINT}",
    ),
    ("deployers: [alice]", f"5:17: services.web.deployers[0]: `alice` is not an id. {PEOPLE_HINT}"),
    (
        "deployers: [alice@example.com]",
        f"5:17: services.web.deployers[0]: `alice@example.com` is an e-mail address, not an id. "
        f"{PEOPLE_HINT}",
    ),
    (
        "deployers: [C01DEPLOYS]",
        f"5:17: services.web.deployers[0]: `C01DEPLOYS` is a channel's id. {PEOPLE_HINT}",
    ),
    (
        "deployers: [u01alice00]",
        "5:17: services.web.deployers[0]: `u01alice00` is not an id. Did you mean `U01ALICE00`?",
    ),
    (
        "deployers: [U01ALICE00, <@U02BOB0000|bob>]",
        "5:29: services.web.deployers[1]: `<@U02BOB0000|bob>` is a mention; write only the id: `U02BOB0000`.",
    ),
    (
        "deployers: ['<!subteam^S01DEPLOYERS>']",
        "5:17: services.web.deployers[0]: `<!subteam^S01DEPLOYERS>` is a mention; "
        "write only the id: `S01DEPLOYERS`.",
    ),
    (
        "channels: ['#deploys']",
        f"5:16: services.web.channels[0]: `#deploys` is a name, not an id. {CHANNEL_HINT}",
    ),
    (
        "channels: [D01DIRECT0]",
        f"5:16: services.web.channels[0]: `D01DIRECT0` is a direct message's id. {CHANNEL_HINT}",
    ),
    (
        "channels:\n  - #deploys",
        "6:8: services.web.channels[0]: there is no value; write a channel id (C… or G…). "
        "An unquoted `#` begins a comment in YAML.",
    ),
    # approvals
    ("approvals: -1", f"5:16: services.web.approvals: `-1` is out of range; {APPROVALS_HINT}."),
    ("approvals: 11", f"5:16: services.web.approvals: `11` is out of range; {APPROVALS_HINT}."),
    ("approvals: '1'", f"5:16: services.web.approvals: `1` is text; {APPROVALS_HINT}, without quotes."),
    ("approvals: one", f"5:16: services.web.approvals: `one` is text; {APPROVALS_HINT}."),
    ("approvals: true", f"5:16: services.web.approvals: `true` is a boolean; {APPROVALS_HINT}."),
    ("give_up_after: -1", f"5:20: services.web.give_up_after: `-1` is out of range; {GIVE_UP_AFTER_HINT}."),
    ("give_up_after: 201", f"5:20: services.web.give_up_after: `201` is out of range; {GIVE_UP_AFTER_HINT}."),
    (
        "give_up_after: '3'",
        f"5:20: services.web.give_up_after: `3` is text; {GIVE_UP_AFTER_HINT}, without quotes.",
    ),
    ("give_up_after: never", f"5:20: services.web.give_up_after: `never` is text; {GIVE_UP_AFTER_HINT}."),
    (
        "give_up_after: false",
        f"5:20: services.web.give_up_after: `false` is a boolean; {GIVE_UP_AFTER_HINT}.",
    ),
    ("approvals: 1.5", f"5:16: services.web.approvals: `1.5` is a number; {APPROVALS_HINT}."),
    # yes or no
    (
        "self_approval: yes",
        "5:20: services.web.self_approval: `yes` is text; write `true` or `false`, without quotes. "
        "Did you mean `true`?",
    ),
    (
        "self_approval: 'false'",
        "5:20: services.web.self_approval: `false` is text; write `true` or `false`, without quotes.",
    ),
    # durations
    (
        "deadline: 20 minutes",
        f"5:15: services.web.deadline: `20 minutes` is not a duration; {DURATION_HINT} Did you mean `20m`?",
    ),
    ("deadline: soon", f"5:15: services.web.deadline: `soon` is not a duration; {DURATION_HINT}"),
    ("deadline: 20:30", f"5:15: services.web.deadline: `20:30` is not a duration; {DURATION_HINT}"),
    ("deadline: 1.5", f"5:15: services.web.deadline: `1.5` is a number; {DURATION_HINT}"),
    ("deadline:", f"5:5: services.web.deadline: there is no value; {DURATION_HINT}"),
    (
        "deadline: 5s",
        "5:15: services.web.deadline: `5s` is out of range; anything from 10s to 1d is allowed.",
    ),
    (
        "deadline: 2d",
        "5:15: services.web.deadline: `2d` is out of range; anything from 10s to 1d is allowed.",
    ),
    (
        "deadline: -60",
        "5:15: services.web.deadline: `-60` is out of range; anything from 10s to 1d is allowed.",
    ),
    (
        "approval_expiry: 30d",
        "5:22: services.web.approval_expiry: `30d` is out of range; anything from 5s to 7d is allowed.",
    ),
    # tags of YAML
    (
        "deadline: !seconds 30",
        "5:15: services.web.deadline: the tag `!seconds` has no meaning here; leave it out.",
    ),
]


@pytest.mark.parametrize(("line", "message"), VALUE_MISTAKES, ids=[line for line, _ in VALUE_MISTAKES])
def test_a_wrong_value_is_explained(line: str, message: str) -> None:
    assert list_problems(one_service(line)) == [message]


REGIONS = [
    ("eu-west-1a", "`eu-west-1a` is an availability zone; write its region: `eu-west-1`."),
    ("Ireland", "`Ireland` is not an AWS region; write one such as `eu-west-1`."),
    ("eu_west_1", "`eu_west_1` is not an AWS region; write one such as `eu-west-1`."),
]


@pytest.mark.parametrize(("region", "message"), REGIONS)
def test_a_region_that_cannot_be_one_is_explained(region: str, message: str) -> None:
    text = f"services: {{web: {{cluster: production, region: {region}}}}}"

    assert list_problems(text) == [f"1:47: services.web.region: {message}"]


NAMES = [
    (
        "Web",
        f"{NAME_HINT} Call it `web`?",
    ),
    (
        "-web",
        f"{NAME_HINT} Call it `web`?",
    ),
    (
        "w" * 64,
        f"{NAME_HINT} Call it `{'w' * 63}`?",
    ),
    (
        "status",
        "no service can be called `status`, because `/deploy status` is a command. "
        "Call it `status-service`, say, and write the name it has in ECS as `ecs_service`.",
    ),
]


@pytest.mark.parametrize(("name", "message"), NAMES, ids=[name for name, _ in NAMES])
def test_a_name_that_cannot_be_one_is_explained(name: str, message: str) -> None:
    text = f"services:\n  {name}: {{cluster: production, region: eu-west-1}}\n"

    assert list_problems(text) == [f"2:3: services.{name}: {message}"]


@pytest.mark.parametrize(
    "verb", ["help", "status", "cancel", "deploy", "plan", "restart", "rollback", "tags", "lock"]
)
def test_verbs_are_no_names(verb: str) -> None:
    assert len(list_problems(f"services:\n  {verb}: {{cluster: production, region: eu-west-1}}\n")) == 1
