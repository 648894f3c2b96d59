"""Text in services.yml that needs a special form: names in AWS, ARNs, URLs, commands."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import BeforeValidator, WithJsonSchema

from deploys.catalogue.service_names import NAME_PATTERN
from deploys.catalogue.suggestions import did_you_mean
from deploys.catalogue.value_kinds import ValueKind, describe_value, refuse, require_text, text_kind

ECS_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,255}$"
"""Clusters, services, containers (ECS API reference: CreateCluster, CreateService, ContainerDefinition)."""
REGION_PATTERN = r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$"
_COMPARE_TEXT = r"[^\s<>|{}]*"
COMPARE_PATTERN = (
    rf"^https://[^\s/?#@{{}}<>|]+/{_COMPARE_TEXT}"
    rf"(\{{from\}}{_COMPARE_TEXT}\{{to\}}|\{{to\}}{_COMPARE_TEXT}\{{from\}}){_COMPARE_TEXT}$"
)
HTTP_URL_PATTERN = r"^https?://[^\s/?#@]+([/?][^\s#]*)?$"
ALARM_NAME_PATTERN = r"^[^\x00-\x1f\x7f]{1,255}$"
"""CloudWatch API reference, PutMetricAlarm: no ASCII control characters."""
ROLE_ARN_PATTERN = r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/([\x21-\x7e]+/)?[A-Za-z0-9_+=,.@-]{1,64}$"
"""IAM user guide, "IAM identifiers": the partition, the account, a path if there is one, the name."""
EXTERNAL_ID_PATTERN = r"^[A-Za-z0-9_+=,.@:/-]{2,1224}$"
"""STS API reference, AssumeRole."""
LOCAL_TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$"
TIME_ZONE_PATTERN = r"^[A-Za-z0-9_+/-]{1,64}$"
RULE_PATTERN = r"^(RRULE:|rrule:)?[A-Za-z]+=[^;=]+(;[A-Za-z]+=[^;=]+)*;?$"
CALENDAR_PATTERN = r"^(https://[^\s/?#@]+([/?][^\s#]*)?|(?!https?:)[^\x00-\x1f\x7f]{1,500})$"

_ASSUMED_ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/.*")


def ecs_name(what: str) -> ValueKind:
    """The name of a thing in ECS: not its ARN."""

    def check(value: object) -> str:
        name = require_text(value, f"the name of {what}")
        if name.startswith("arn:") and re.fullmatch(ECS_NAME_PATTERN, last := name.rsplit("/", 1)[-1]):
            refuse(f"this is an ARN; write only the name: `{last}`.")
        if not re.fullmatch(ECS_NAME_PATTERN, name):
            allowed = "letters, digits, hyphens and underscores, at most 255"
            refuse(f"`{name}` cannot be the name of {what}; ECS allows {allowed}.")
        return name

    return text_kind("name", check, ECS_NAME_PATTERN)


def _check_region(value: object) -> str:
    """The form of an AWS region. Whether there is such a region, only AWS knows."""
    name = require_text(value, "an AWS region such as `eu-west-1`")
    if zone := re.fullmatch(r"([a-z]{2,}(?:-[a-z]+)+-[0-9]+)[a-z]", name):
        refuse(f"`{name}` is an availability zone; write its region: `{zone[1]}`.")
    if not re.fullmatch(REGION_PATTERN, name):
        refuse(f"`{name}` is not an AWS region; write one such as `eu-west-1`.")
    return name


def _check_http_url(value: object) -> str:
    """A URL to request, without anything secret in it: it is shown in Slack."""
    url = require_text(value, "a URL such as `https://shop.example.com/health`").strip()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        refuse(f"this is not a URL: {error}.")
    if "@" in parts.netloc:
        refuse("this URL has a user name or password in it, and it is shown in Slack; leave them out.")
    if parts.scheme not in ("http", "https"):
        refuse(f"`{url}` cannot be requested; write a URL that begins with `https://` or `http://`.")
    if parts.fragment:
        refuse(f"the part after `#` is never sent; leave it out: `{url.split('#')[0]}`.")
    if not parts.hostname or not re.fullmatch(HTTP_URL_PATTERN, url):
        refuse(f"`{url}` is not a URL; write one such as `https://shop.example.com/health`.")
    return url


def _check_alarm_name(value: object) -> str:
    """The name of a CloudWatch alarm: not its ARN."""
    name = require_text(value, "the name of a CloudWatch alarm")
    if name.startswith("arn:") and ":alarm:" in name:
        refuse(f"this is an ARN; write only the name: `{name.split(':alarm:', 1)[1]}`.")
    if not re.fullmatch(ALARM_NAME_PATTERN, name):
        refuse("this cannot be the name of a CloudWatch alarm; write at most 255 characters, in one line.")
    return name


def _check_role_arn(value: object) -> str:
    arn = require_text(value, "the ARN of an IAM role").strip()
    if session := _ASSUMED_ROLE_ARN.fullmatch(arn):
        partition, account, name = session.groups()
        hint = f"write the ARN of its role: `arn:{partition}:iam::{account}:role/{name}`"
        refuse(f"this is the ARN of a role session; {hint}, with the role's path if it has one.")
    if not re.fullmatch(ROLE_ARN_PATTERN, arn):
        example = "arn:aws:iam::123456789012:role/slipway"
        refuse(f"`{arn}` is not the ARN of an IAM role; write one such as `{example}`.")
    return arn


def _check_external_id(value: object) -> str:
    external_id = require_text(value, "the external id that the role's trust policy asks for")
    if not re.fullmatch(EXTERNAL_ID_PATTERN, external_id):
        refuse("this cannot be an external id; AWS allows 2 to 1224 letters, digits and `_+=,.@:/-`.")
    return external_id


def _check_command(value: object) -> object:
    """A command as a list of words. Each word is checked on its own."""
    if isinstance(value, str) and value.strip():
        refuse(f"{describe_value(value)}; write a list of words: `[{_format_as_yaml_list(value)}]`.")
    if not isinstance(value, list):
        refuse(f"{describe_value(value)}; write the command as a list of words.")
    return value or refuse("the list is empty; write the words of the command.")


def _format_as_yaml_list(command_line: str) -> str:
    try:
        words = shlex.split(command_line)
    except ValueError:  # a quotation mark without its partner
        words = command_line.split()
    return ", ".join(
        word if re.fullmatch(r"[A-Za-z./_][\w./=:+@-]*", word) else f"'{word.replace(chr(39), 2 * chr(39))}'"
        for word in words
    )


def _check_command_word(value: object) -> str:
    return require_text(value, "a word of the command")


def _check_local_time(value: object) -> str:
    """A date, or a date and time, without an offset. Returns it in ISO 8601."""
    text = require_text(value, "a local date and time such as `2026-12-24 18:00`").strip()
    if re.fullmatch(r"[0-9T: -]+(Z|[+-][0-9]{2}:?[0-9]{2})", text) and ":" in text:
        refuse(f"`{text}` has an offset; write the local time without it, and its `time_zone`.")
    if not re.fullmatch(LOCAL_TIME_PATTERN, text):
        refuse(f"`{text}` is not a date and time; write one such as `2026-12-24 18:00`, or a date.")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"`{text}` does not exist; write a local date and time such as `2026-12-24 18:00`.")
    return text if len(text) == len("2026-12-24") else found.isoformat()


def _check_time_zone(value: object) -> str:
    name = require_text(value, "an IANA time zone such as `Europe/Berlin`").strip()
    if name != "UTC" and name not in available_timezones():
        hint = did_you_mean(name, available_timezones())
        refuse(f"`{name}` is not an IANA time zone; write one such as `Europe/Berlin`.{hint}")
    return name


def _check_rule(value: object) -> str:
    """Whether it is a rule. What it repeats is checked where the start is known."""
    text = require_text(value, "a rule of RFC 5545 such as `FREQ=WEEKLY;BYDAY=FR`").strip()
    if not re.fullmatch(RULE_PATTERN, text):
        refuse(f"`{text}` is not a rule of RFC 5545; write one such as `FREQ=WEEKLY;BYDAY=FR`.")
    return text.upper().removeprefix("RRULE:").rstrip(";")


def _check_calendar(value: object) -> str:
    """A file, or an https address. The address may hold a secret, so no message quotes it."""
    text = require_text(
        value, "the path of an `.ics` file, or an address that begins with `https://`"
    ).strip()
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|webcal:", text) is None:
        return text if re.fullmatch(CALENDAR_PATTERN, text) else refuse("this cannot be the path of a file.")
    if not text.startswith("https://"):
        refuse("a calendar is read only by `https://`; write its address so, or the path of an `.ics` file.")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        refuse("this address cannot be read; write one such as `https://calendar.example.com/freezes.ics`.")
    if "@" in parts.netloc:
        refuse("this address has a user name or password in it; leave them out.")
    if not parts.hostname or not re.fullmatch(CALENDAR_PATTERN, text):
        refuse("this address cannot be read; write one such as `https://calendar.example.com/freezes.ics`.")
    return text


def _check_compare_url(value: object) -> str:
    """The address of a comparison of two versions, which are filled in."""
    example = "`https://github.com/acme/shop/compare/{from}...{to}`"
    url = require_text(value, f"an address such as {example}").strip()
    if any(url.count(each) != 1 for each in ("{from}", "{to}")):
        refuse(f"write `{{from}}` and `{{to}}` once each, where the two tags belong: {example}.")
    rest = url.replace("{from}", "").replace("{to}", "")
    if "{" in rest or "}" in rest:
        refuse(f"only `{{from}}` and `{{to}}` are filled in; leave out other braces: {example}.")
    if not re.fullmatch(COMPARE_PATTERN, url):
        refuse(f"this is not the address of a web page; write one such as {example}.")
    return url


def _check_reason(value: object) -> str:
    text = " ".join(require_text(value, "a reason, for people").split())
    if len(text) > 200:
        refuse(f"this reason has {len(text)} characters; it may have 200.")
    return text


def _check_service_name(value: object) -> str:
    return require_text(value, "the name of a service")


_COMMAND_SCHEMA = {"type": "array", "items": {"type": "string"}, "minItems": 1}

REGION = text_kind("AWS region", _check_region, REGION_PATTERN, examples=["eu-west-1"])
HTTP_URL = text_kind("URL", _check_http_url, HTTP_URL_PATTERN)
COMPARE_URL = text_kind("address", _check_compare_url, COMPARE_PATTERN)
ALARM_NAME = text_kind("name", _check_alarm_name, ALARM_NAME_PATTERN)
ROLE_ARN = text_kind("ARN", _check_role_arn, ROLE_ARN_PATTERN)
EXTERNAL_ID = text_kind("text", _check_external_id, EXTERNAL_ID_PATTERN)
LOCAL_TIME = text_kind("local date and time", _check_local_time, LOCAL_TIME_PATTERN)
TIME_ZONE = text_kind("IANA time zone", _check_time_zone, TIME_ZONE_PATTERN)
RULE = text_kind("rule of RFC 5545", _check_rule, RULE_PATTERN)
CALENDAR = text_kind("path or `https://` address", _check_calendar, CALENDAR_PATTERN)
REASON = text_kind("text", _check_reason, r"\S", maxLength=200)
SERVICE_NAME = text_kind("name", _check_service_name, NAME_PATTERN)
COMMAND = ValueKind(
    "list of words",
    Annotated[
        tuple[Annotated[str, BeforeValidator(_check_command_word)], ...],
        BeforeValidator(_check_command),
        WithJsonSchema(_COMMAND_SCHEMA),
    ],
    _COMMAND_SCHEMA,
)
