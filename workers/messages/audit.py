"""What the audit's channel is told: a line for each decision of a person, and for each refusal."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.formatting import slack_time
from deploys.mrkdwn import channel_link, code, escape_line, mention, plain_text
from deploys.quoting import are_quotes_hidden
from deploys.text_limits import shorten

UNTOLD = frozenset({"question shown"})
"""What is no decision, although it is not Slipway's own step either."""
MAX_WHY = 300
"""Characters of a reason (count)."""


def is_told(entry: Mapping[str, str]) -> bool:
    """Whether a person decided this, or something was refused or is void."""
    what = entry.get("what", "")
    if entry.get("who") != "slipway":
        return what not in UNTOLD
    return "void" in what or (what == "ended" and entry.get("outcome") == "refused")


def audit_line(entry: Mapping[str, str]) -> str:
    """One entry as mrkdwn: when, who, what, and why."""
    who, what = entry.get("who", ""), entry.get("what", "")
    person = mention(who) if who[:1] in ("U", "W") else escape_line(who)
    action = escape_line(f"{what}: {entry['verb']}" if entry.get("verb") else what)
    about = " ".join(code(shorten(entry[each], 80)) for each in ("service", "tag") if entry.get(each))
    place = f" in {channel_link(entry['channel'])}" if entry.get("channel") else ""
    which = f" (deploy {code(shorten(entry['deploy'], 64))})" if entry.get("deploy") else ""
    # Without mentions: those whom a refusal names are not called into the channel.
    why = f": {escape_line(shorten(plain_text(entry['why']), MAX_WHY))}" if entry.get("why") else ""
    if entry.get("version") and are_quotes_hidden():  # as the record of a deploy has it: it may quote AWS
        why = ""
    return f"{slack_time(float(entry['at']))} {person} {action} {about}{place}{which}{why}".replace("  ", " ")
