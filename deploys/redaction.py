"""Takes what may be a secret out of text from elsewhere: from AWS, a container, a person or a library.

Text passes here before it is cut, and before it gets into a record, a log or a message. What is taken out
becomes `[redacted]`. Digests, ARNs, and the ids of requests and tasks stay: they help and open nothing.

The patterns are Slipway's own, made from the formats that the issuers publish. detect-secrets 1.5 was looked
at and left: it reads one line at a time, so it sees only the head of a key block; its patterns are narrower
than these (Slack's tokens of one form); its guesses by entropy would take digests and task ids too; and it
brings `requests`, with which it tries what it finds at the issuer. Repeats are bounded or cannot overlap, so
the time grows with the length of the text and not faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import AfterValidator

REDACTED = "[redacted]"

MIN_OWN_SECRET_LENGTH = 6
"""Shorter values of settings are not looked for in text, because they occur everywhere (characters)."""
_NOT_YET = r"(?!\[redacted\]|\[value\x20of\x20)"
"""What was taken out already stays as it is."""

_SECRET_NAME = r"""
    (?:
        pass(?:word|wd|phrase|code)s? | (?<![a-z])pass(?=["'\\]{0,2}\s?[:=])
        | (?<![a-z])pwd(?=\s?=\s?[^/\s]) | (?<=db)pwd
    )
"""
_KEY_NAME = r"""
    (?:
        (?<![:/])secret(?!smanager)s?(?:_?access_?key|_?key|string)?
        | token(?!s) | credentials? | (?:pre_?)?signature | connection_?string | jwt | dsn
        | (?:api|access|account|private|encryption|signing|master|shared|auth|client)[_-]?key(?![_-]?id)
    )
"""
_KEY_NAME_HINTS = (
    *("secret", "token", "credential", "signature", "connectionstring", "connection_string", "jwt", "dsn"),
    "key",
)
_NAME_END = r"(?:[_.-][a-z0-9_.-]{0,40}|[0-9]{1,3})?"
_SEPARATOR = r"""[\\"']{0,4}\s{0,3}(?:=>|[:=])\s{0,3}+"""
_BARE = r"""(?:
    [^\s,;&"'(){}<>\[\]`\\]
    | [,;&](?!\s|$|[a-z0-9_.%\[\]-]{1,60}\s{0,3}[=:])
    | [\[({)}\]](?![\s,;)}\]"']|$)
    | \\(?!["'nrt\s]) | \\[ ]
)"""
"""A character of a value without quotes. A comma, semicolon or ampersand ends it only before another name."""
_QUOTED = r"""
    \\"{not_yet}(?:[^"\\]|\\[^"])+ | "{not_yet}(?:[^"\\]|\\.)+ | '{not_yet}(?:[^'\\]|\\.)+
""".replace("{not_yet}", _NOT_YET)
_BLOCK = r"[|>][+-]?[ \t]{0,8}(?:\n[ \t]{1,40}[^\s][^\n]*){1,200}"
"""YAML's text of several lines."""

_FLAGS = re.VERBOSE | re.IGNORECASE | re.DOTALL

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END (?P=label)-----|\Z)",
    re.DOTALL,
)
"""RFC 7468; OpenPGP's armor (RFC 9580) adds BLOCK. A block that was cut goes on to the end of the text."""
_KEY_BLOCK_END = re.compile(r"\A.*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----", re.DOTALL)
"""The rest of a block whose beginning was cut off."""
_KEY_LINE = re.compile(
    r"^(?=[^a-z\n]{0,59}[a-z])(?=[^A-Z\n]{0,59}[A-Z])(?=[^0-9\n]{0,59}[0-9])[A-Za-z0-9+/]{60,}={0,2}$",
    re.MULTILINE,
)
"""A line from the middle of a block: 64 characters of base64, or 76, of all kinds, as no digest is."""

_URL_PASSWORD = re.compile(
    r"(?P<user>://[^\s'\"<>@/:?\#]{0,200}:)(?!\d{1,5}[/?\#])(?!\[redacted\]@)[^\s'\"<>]{1,300}@"
)
"""RFC 3986, userinfo; also of people who did not encode an @ or a slash in their password."""
_URL_USER = re.compile(r"://[^\s'\"<>@/:?\#\[]{16,200}@")
"""A token in place of the user name."""

_HEADER = re.compile(
    r"""(?P<name>\b(?:proxy-)?authorization["'\\]{0,4}\s{0,3}[:=]\s{0,3}+["'\\]{0,4}+)
        (?P<scheme>(?:bearer|basic|digest|token|negotiate)\s{1,3}+["'\\]{0,4}+)?+"""
    + _NOT_YET
    + r"""[^\s"'\\,][^\r\n"'\\]{0,8000}""",
    _FLAGS,
)
_COOKIE = re.compile(
    r"\b(?P<name>(?:set-)?cookie\s{0,3}:\s{0,3}+)" + _NOT_YET + r"[^\r\n]{1,8000}", re.IGNORECASE
)
_BEARER = re.compile(
    r"\b(?P<name>(?:bearer|basic)\s{1,3}[\"'\\]{0,4}+)(?=[a-z._~+/=-]{0,200}[0-9])[a-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
"""RFC 6750 and RFC 7617. With a digit, or it may be a word."""

_TOKENS = re.compile(
    r"""
    (?<![A-Za-z0-9]) xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{6,}     # Slack (docs.slack.dev, "Tokens")
    | (?<![A-Za-z0-9]) (?:xapp|xwfp)-[A-Za-z0-9-]{6,}
    | https?://hooks\.slack(?:-gov)?\.com/[^\s"'<>|`)]+          # Slack: webhooks and response addresses
    | (?<![A-Za-z0-9]) (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])   # IAM user guide, "IAM identifiers"
    | (?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=%]{16,}   # STS session tokens
    | (?<![A-Za-z0-9_-]) eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,3}   # JWT, RFC 7519
    | (?<![A-Za-z0-9]) gh[pousr]_[A-Za-z0-9_.-]{20,}              # GitHub (docs.github.com, token formats)
    | (?<![A-Za-z0-9]) github_pat_[A-Za-z0-9_]{20,}
    | (?<![A-Za-z0-9]) glpat-[A-Za-z0-9_.-]{20,}                  # GitLab
    | (?<![A-Za-z0-9]) npm_[A-Za-z0-9]{36}
    | (?<![A-Za-z0-9]) pypi-AgE[A-Za-z0-9_-]{50,}
    | (?<![A-Za-z0-9]) [rs]k_(?:live|test)_[A-Za-z0-9]{16,}       # Stripe
    | (?<![A-Za-z0-9]) sk-[A-Za-z0-9_-]{20,}                      # OpenAI, Anthropic
    | (?<![A-Za-z0-9]) AIza[A-Za-z0-9_-]{35}                      # Google
    | (?<![A-Za-z0-9]) SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}   # SendGrid
    | (?<![A-Za-z0-9]) hv[sb]\.[A-Za-z0-9_-]{20,}                 # Vault
    """,
    re.VERBOSE,
)
_TOKEN_HINTS = (
    *("xox", "xapp-", "xwfp-", "hooks.slack", "akia", "asia", "iqojb3jpz2lu", "fwogzxivyxdz", "fqogzxivyxdz"),
    *("eyj", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "npm_", "pypi-age"),
    *("k_live_", "k_test_", "sk-", "aiza", "sg.", "hvs.", "hvb."),
)
_AWS_SECRET_KEY = re.compile(
    r"(?<![A-Za-z0-9/+=_.:-])(?=[A-Za-z0-9/+]{40})(?=[^a-z]{0,39}[a-z])(?=[^A-Z]{0,39}[A-Z])(?=[^0-9]{0,39}[0-9])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])"
)
"""Forty characters (AWS security blog, "A safer way to distribute AWS credentials"), of all three kinds, so
that no SHA-1, path or task id is one."""

_PASSWORD_ASSIGNMENT = re.compile(
    rf"(?P<name>{_SECRET_NAME}{_NAME_END}{_SEPARATOR})(?P<value>{_QUOTED}|{_BLOCK}|{_NOT_YET}{_BARE}+)",
    _FLAGS,
)
_KEY_ASSIGNMENT = re.compile(
    rf"""
    (?P<name>{_KEY_NAME}{_NAME_END}{_SEPARATOR})
    (?P<value>{_QUOTED}|{_BLOCK}|(?!arn:|https?://){_NOT_YET}(?:
        (?<==){_BARE}+ | (?<=[:>=]){_BARE}+
        | (?=[a-z+/_.~-]{{0,200}}[0-9]){_BARE}{{6,}} | {_BARE}+(?=[ \t]{{0,8}}(?:[\r\n,;)}}\]]|$))
    ))
    """,
    _FLAGS,
)
"""After a colon and a space a word may be prose ("ExpiredToken: The security token ..."), unless it has a
digit or stands alone."""
_QUOTED_ASSIGNMENT = re.compile(
    rf"""
    (?P<quote>["'])(?P<name>-{{0,2}}(?:[a-z0-9_.-]{{1,40}}[_.-])?(?:{_SECRET_NAME}|{_KEY_NAME}){_NAME_END}=)
    {_NOT_YET}(?:(?!(?P=quote))[^\\\n]|\\.){{1,500}}(?P=quote)
    """,
    _FLAGS,
)
"""`"password=two words"`: the quotes are around the name, too, as a shell takes an argument."""
_FLAG = re.compile(
    rf"(?P<name>--(?:[a-z0-9-]{{1,40}}-)?(?:password|passwd|token|secret|api-key|secret-key)\s{{1,3}})(?!-)"
    rf"(?P<value>{_QUOTED}|{_NOT_YET}{_BARE}+)",
    _FLAGS,
)
"""`--password hunter2`; with an equals sign it is an assignment."""

MAX_REMEMBERED_LENGTH = 500
"""Longer texts are redacted each time (characters)."""
_own_secrets: dict[str, None] = {}


_AS_ASCII = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""The letters outside ASCII that a pattern that ignores case takes for one within."""


def keep_secret(values: Iterable[str]) -> None:
    """Values that `redact` takes out of every text in this process, whatever they look like: its own tokens
    and passwords."""
    found = {
        each
        for value in values
        for each in (value, quote(value, safe=""))
        if len(value) >= MIN_OWN_SECRET_LENGTH
    }
    _own_secrets.update(dict.fromkeys(sorted(found, key=len, reverse=True)))


def password_of(url: str) -> list[str]:
    """The password in an address, as it is written there and decoded; empty if it has none."""
    password = urlsplit(url).password
    return [password, unquote(password)] if password else []


def redact(text: str) -> str:
    """The text with `[redacted]` in place of what may be a secret. Twice is the same as once."""
    for secret in _own_secrets:
        text = text.replace(secret, REDACTED)
    if not text or text.isalpha():
        return text
    return _redact_remembered(text) if len(text) <= MAX_REMEMBERED_LENGTH else _apply_rules(text)


def _apply_rules(text: str) -> str:
    for rule in rules_for(text):
        text = rule.pattern.sub(rule.replacement, text)
    return text


_redact_remembered = lru_cache(maxsize=2048)(_apply_rules)
"""ECS lists the last hundred events of a service in every answer, so the same texts come again and again."""


def redact_argument(argument: str) -> str:
    """The same for one argument of a command: with `password=` in front, all of it is the value."""
    named = _ARGUMENT_NAME.match(argument)
    if named and redact(f"{named[0]}{_SAMPLE_VALUE}") != f"{named[0]}{_SAMPLE_VALUE}":
        return f"{named[0]}{REDACTED}"
    return redact(argument)


_ARGUMENT_NAME = re.compile(r"[^\s=:/\"'\[\]]{1,80}\s?[=:]\s?(?=.)", re.DOTALL)
_SAMPLE_VALUE = "s4mple"


def rules_for(text: str) -> list[Rule]:
    """The rules that could find something in this text. No rule puts in a hint for a later one."""
    lowered, length = text.translate(_AS_ASCII).lower(), len(text)
    return [rule for rule in RULES if length >= rule.min_length and _has_hint(lowered, rule.hints)]


def _has_hint(lowered: str, hints: Sequence[str]) -> bool:
    for hint in hints:  # without a generator: this runs for every event of every service
        if hint in lowered:
            return True
    return not hints


def redact_values(part: Any) -> Any:
    """The same for every text within lists and mappings, as log lines and Slack's blocks have them."""
    if isinstance(part, str):
        return redact(part)
    if isinstance(part, Mapping):
        return {key: redact_values(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, bytes | bytearray):
        return [redact_values(each) for each in part]
    return part


Redacted = Annotated[str, AfterValidator(redact)]
"""A field of a record for text that a person typed."""


def _keep_name(found: re.Match[str]) -> str:
    value = found["value"]
    opening = re.match(r"\\?[\"']", value)
    return f"{found['name']}{opening[0] if opening else ''}{REDACTED}"


def _keep_name_and_scheme(found: re.Match[str]) -> str:
    return f"{found['name']}{found['scheme'] or ''}{REDACTED}"


@dataclass(frozen=True)
class Rule:
    """One pattern, what replaces what it finds, and what a text must have for it to find anything.

    A pattern takes much longer than a search for a word, and all events, reasons and errors of AWS pass here.
    """

    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]
    hints: tuple[str, ...] = ()
    """In lower case: without one of these the pattern finds nothing. Empty: it may always find something."""
    min_length: int = 0
    """The same (characters)."""


RULES = (
    Rule(_KEY_BLOCK, REDACTED, ("-----begin",)),
    Rule(_KEY_BLOCK_END, REDACTED, ("-----end",)),
    Rule(_KEY_LINE, REDACTED, min_length=60),
    Rule(_URL_PASSWORD, rf"\g<user>{REDACTED}@", ("://",)),
    Rule(_URL_USER, f"://{REDACTED}@", ("://",)),
    Rule(_TOKENS, REDACTED, _TOKEN_HINTS),
    Rule(_HEADER, _keep_name_and_scheme, ("authorization",)),
    Rule(_COOKIE, rf"\g<name>{REDACTED}", ("cookie",)),
    Rule(_BEARER, rf"\g<name>{REDACTED}", ("bearer", "basic")),
    Rule(_AWS_SECRET_KEY, REDACTED, min_length=40),
    Rule(_QUOTED_ASSIGNMENT, rf"\g<quote>\g<name>{REDACTED}\g<quote>", ("pass", "pwd", *_KEY_NAME_HINTS)),
    Rule(_PASSWORD_ASSIGNMENT, _keep_name, ("pass", "pwd")),
    Rule(_KEY_ASSIGNMENT, _keep_name, _KEY_NAME_HINTS),
    Rule(_FLAG, _keep_name, ("--",)),
)
"""In this order."""
