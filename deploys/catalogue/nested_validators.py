"""The values inside `before`, `after`, `role` and a group: each gets its meaning, or is refused."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from urllib.parse import urlsplit

from deploys.catalogue.validators import describe_value, refuse, require_text

HTTP_URL_PATTERN = r"^https?://[^\s/?#@]+([/?][^\s#]*)?$"
ALARM_NAME_PATTERN = r"^[^\x00-\x1f\x7f]{1,255}$"
"""CloudWatch API reference, PutMetricAlarm: no ASCII control characters."""
ROLE_ARN_PATTERN = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/([\x21-\x7e]+/)?[A-Za-z0-9_+=,.@-]{1,64}$"
"""IAM user guide, "IAM identifiers": the partition, the account, a path if there is one, the name."""
EXTERNAL_ID_PATTERN = r"^[A-Za-z0-9_+=,.@:/-]{2,1224}$"
"""STS API reference, AssumeRole."""
MAX_ALARMS = 100
"""What one DescribeAlarms takes (count)."""
MAX_SERVICES_IN_GROUP = 20
"""Services that one request may be for (count)."""

_ASSUMED_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/.*")


def check_mapping(what: str) -> Callable[[object], object]:
    """A mapping with keys of its own; None for the empty one, which takes a default back."""

    def check(value: object) -> object:
        if not isinstance(value, dict):
            refuse(f"{describe_value(value)}; write {what}, indented below it, or `{{}}` for none.")
        return value or None

    return check


def check_role(value: object) -> object:
    """A role by its ARN alone, or with an external id."""
    if isinstance(value, str):
        return {"arn": value}
    return check_mapping("the role's ARN, or `arn` and `external_id`")(value)


def check_command(value: object) -> object:
    """A command as a list of words; each of them is checked on its own."""
    if isinstance(value, str) and value.strip():
        refuse(f"{describe_value(value)}; write a list of words: `[{_format_as_yaml_list(value)}]`.")
    if not isinstance(value, list):
        refuse(f"{describe_value(value)}; write the command as a list of words.")
    return value or refuse("the list is empty; write the command's words.")


def _format_as_yaml_list(line: str) -> str:
    """A command line as a list in YAML."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quotation mark without its partner
        words = line.split()
    return ", ".join(
        word if re.fullmatch(r"[A-Za-z./_][\w./=:+@-]*", word) else f"'{word.replace(chr(39), 2 * chr(39))}'"
        for word in words
    )


def check_command_word(value: object) -> str:
    """One word of a command."""
    return require_text(value, "a word of the command")


def check_http_url(value: object) -> str:
    """An address to ask, without anything secret in it: it is shown in Slack."""
    address = require_text(value, "an address such as `https://shop.example.com/health`").strip()
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        refuse(f"this is not an address: {error}.")
    if "@" in parts.netloc:
        refuse("a name or password stands in this address, which is shown in Slack; leave it out.")
    if parts.scheme not in ("http", "https"):
        refuse(f"`{address}` is not an address that can be asked; it begins with `https://` or `http://`.")
    if parts.fragment:
        refuse(f"what stands behind `#` is never sent; leave it out: `{address.split('#')[0]}`.")
    if not parts.hostname or not re.fullmatch(HTTP_URL_PATTERN, address):
        refuse(f"`{address}` is not an address; they look like `https://shop.example.com/health`.")
    return address


def check_alarm_name(value: object) -> str:
    """The name of a CloudWatch alarm: not its ARN."""
    name = require_text(value, "the name of a CloudWatch alarm")
    if name.startswith("arn:") and ":alarm:" in name:
        refuse(f"this is an ARN; write the name alone: `{name.split(':alarm:', 1)[1]}`.")
    if not re.fullmatch(ALARM_NAME_PATTERN, name):
        refuse(
            "this cannot be the name of a CloudWatch alarm; those have 255 characters at most, in one line."
        )
    return name


def check_role_arn(value: object) -> str:
    """The ARN of an IAM role."""
    allowed = "they look like `arn:aws:iam::123456789012:role/slipway`"
    arn = require_text(value, "the ARN of an IAM role").strip()
    if session := _ASSUMED_ROLE_ARN.fullmatch(arn):
        partition, account, name = session.groups()
        hint = f"write that of its role: `arn:{partition}:iam::{account}:role/{name}`"
        refuse(f"this is the ARN of a role's session; {hint}, with the role's path if it has one.")
    if not re.fullmatch(ROLE_ARN_PATTERN, arn):
        refuse(f"`{arn}` is not the ARN of an IAM role; {allowed}.")
    return arn


def check_external_id(value: object) -> str:
    """What the role's trust policy asks for."""
    allowed = "2 to 1224 letters, digits and `_+=,.@:/-`"
    identity = require_text(value, "the external id that the role's trust policy asks for")
    if not re.fullmatch(EXTERNAL_ID_PATTERN, identity):
        refuse(f"this cannot be an external id; AWS allows {allowed}.")
    return identity


def check_service_name(value: object) -> str:
    """The name of a service of this file."""
    return require_text(value, "the name of a service")


def check_max_length(most: int, what: str) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A list that is not longer than that, and not empty."""

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if len(values) > most:
            refuse(f"{len(values)} {what} stand here; {most} are the most.")
        return values

    return check
