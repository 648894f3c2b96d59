"""Mistakes inside `before`, `after`, `notify` and `role`, each with its whole message."""

from __future__ import annotations

ARN = "arn:aws:iam::123456789012:role/slipway"
ROLE_ARN_HINT = f"write one such as `{ARN}`"
EXAMPLE = "`command: [python, manage.py, migrate]`"

NESTED_KEY_MISTAKES = [
    # before
    (
        "before:",
        "5:5: services.web.before: there is no value; write `command` and what else it needs, indented "
        "below it, or `{}` for none.",
    ),
    (
        "before: migrate",
        "5:13: services.web.before: `migrate` is text; write `command` and what else it needs, indented "
        "below it, or `{}` for none.",
    ),
    ("before: {deadline: 1m}", f"5:5: services.web.before.command: missing; for example {EXAMPLE}."),
    (
        "before:\n  comand: [migrate]\n  command: [migrate]",
        "6:7: services.web.before.comand: there is no such key. Did you mean `command`?",
    ),
    (
        "before: {command: [a], strategy: rolling}",
        "5:28: services.web.before.strategy: there is no such key. "
        "Allowed are: `command`, `container`, `deadline`.",
    ),
    (
        "before:\n  command: python manage.py migrate --plan 'all of it' 5",
        "6:16: services.web.before.command: `python manage.py migrate --plan 'all of it' 5` is text; write "
        "a list "
        "of words: `[python, manage.py, migrate, '--plan', 'all of it', '5']`.",
    ),
    (
        'before:\n  command: "it\'s"',
        "6:16: services.web.before.command: `it's` is text; write a list of words: `['it''s']`.",
    ),
    (
        "before: {command: []}",
        "5:23: services.web.before.command: the list is empty; write the words of the command.",
    ),
    (
        "before: {command: {sh: ls}}",
        "5:23: services.web.before.command: this is a mapping; write the command as a list of words.",
    ),
    (
        "before: {command: [sleep, 5]}",
        "5:31: services.web.before.command[1]: `5` is a number; write a word of the command, in quotes if "
        "it looks "
        "like that.",
    ),
    (
        "before: {command: [a], container: the app}",
        "5:39: services.web.before.container: `the app` cannot be the name of a container; "
        "ECS allows letters, digits, hyphens and underscores, at most 255.",
    ),
    (
        "before: {command: [a], deadline: 1d}",
        "5:38: services.web.before.deadline: `1d` is out of range; anything from 10s to 12h is allowed.",
    ),
    # after
    (
        "after: [http]",
        "5:12: services.web.after: this is a list; write `http` or `alarms`, indented below it, or `{}` for "
        "none.",
    ),
    ("after: {for: 5m}", "5:12: services.web.after: nothing is checked; write `http`, `alarms` or both."),
    (
        "after:\n  alarms: []\n  for: 5m",
        "6:7: services.web.after: nothing is checked; write `http`, `alarms` or both.",
    ),
    (
        "after: {alarms: [a], lasts: 5m}",
        "5:26: services.web.after.lasts: there is no such key. Allowed are: `http`, `alarms`, `for`.",
    ),
    (
        "after: {http: ftp://shop.example.com}",
        "5:19: services.web.after.http: `ftp://shop.example.com` cannot be requested; write a URL that "
        "begins with `https://` or `http://`.",
    ),
    (
        "after: {http: 'https://bob:secret@shop.example.com'}",
        "5:19: services.web.after.http: this URL has a user name or password in it, and it is shown in "
        "Slack; leave them out.",
    ),
    (
        "after: {http: 'https://'}",
        "5:19: services.web.after.http: `https://` is not a URL; write one such as "
        "`https://shop.example.com/health`.",
    ),
    (
        "after: {http: 'https://shop.example.com/a b'}",
        "5:19: services.web.after.http: `https://shop.example.com/a b` is not a URL; write one such as "
        "`https://shop.example.com/health`.",
    ),
    (
        "after: {http: 'https://shop.example.com/#top'}",
        "5:19: services.web.after.http: the part after `#` is never sent; leave it out: "
        "`https://shop.example.com/`.",
    ),
    (
        "after: {alarms: arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors}",
        "5:21: services.web.after.alarms: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors` is text; "
        "write a list of names of CloudWatch alarms: "
        "`[arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors]`.",
    ),
    (
        "after: {alarms: [a, a]}",
        "5:21: services.web.after.alarms: `a` is listed more than once.",
    ),
    # notify
    (
        "notify: C0DEPLOYS01",
        "5:13: services.web.notify: `C0DEPLOYS01` is text; write `channel` and what else it needs, indented "
        "below it, or `{}` for none.",
    ),
    (
        "notify: {channel: '#deploys'}",
        "5:23: services.web.notify.channel: `#deploys` is a name, not an id. Write a channel id (C… or G…; "
        "in Slack: the channel's name at the top, then the foot of the About tab).",
    ),
    (
        "notify: {successes: silent}",
        "5:25: services.web.notify.successes: `silent` is not a way to tell of a success; write `thread`, "
        "`channel` or `quiet`.",
    ),
    (
        "notify: {mention_on_failure: [everyone]}",
        "5:35: services.web.notify.mention_on_failure[0]: `everyone` is not an id. Write `requester`, "
        "`approvers`, a user id (U… or W…; in Slack: their profile, then ⋮, then Copy member ID) or a user "
        "group id (S…; in Slack: People & user groups, then the group, then ⋮, then Copy group ID).",
    ),
    # role
    (
        "role:",
        "5:5: services.web.role: there is no value; write the role's ARN, or `arn` and `external_id`, "
        "indented "
        "below it, or `{}` for none.",
    ),
    ("role: slipway", f"5:11: services.web.role: `slipway` is not the ARN of an IAM role; {ROLE_ARN_HINT}."),
    (
        "role: arn:aws:iam::123456789012:user/bob",
        f"5:11: services.web.role: `arn:aws:iam::123456789012:user/bob` is not the ARN of an IAM role; "
        f"{ROLE_ARN_HINT}.",
    ),
    (
        "role: {arn: 'arn:aws:sts::123456789012:assumed-role/slipway/bob'}",
        f"5:17: services.web.role.arn: this is the ARN of a role session; write the ARN of its role: "
        f"`{ARN}`, with "
        "the role's path if it has one.",
    ),
    ("role: {external_id: abc}", f"5:5: services.web.role.arn: missing; for example `arn: {ARN}`."),
    (
        f"role:\n  arn: {ARN}\n  external_id: a b",
        "7:20: services.web.role.external_id: this cannot be an external id; AWS allows 2 to 1224 letters, "
        "digits "
        "and `_+=,.@:/-`.",
    ),
    (
        f"role:\n  arn: {ARN}\n  externalId: ab",
        "7:7: services.web.role.externalId: there is no such key. Did you mean `external_id`?",
    ),
]
