"""One entry of the audit trail: who did what to which service, why, from where, and what it led to."""

from __future__ import annotations

from deploys.records.record import Record
from deploys.redaction import Redacted

SLIPWAY = "slipway"
"""Who acted, if it was no person."""
UNKNOWN = "unknown"
"""Who acted, if nothing proves it."""


class AuditNote(Record):
    """What a step tells the audit trail beside the change of phase."""

    what: str
    """What happened, such as `approval voided`."""
    why: str = ""
    """One sentence."""


class AuditEntry(Record):
    """All values are text, as a Redis stream keeps them; empty: unknown, or of no meaning here."""

    at: str
    """Epoch seconds, with milliseconds."""
    who: str
    """Slack user id, or `slipway`."""
    what: str
    """What happened: `requested`, `refused`, `approved`, `approval voided`, a phase, `locked`, ..."""
    verb: str = ""
    """What was asked for: `deploy`, `rollback`, `lock`, ..."""
    target: Redacted = ""
    """What it was asked for: a tag, a deploy's id, the name of a lock."""
    why: Redacted = ""
    """The reason that a person gave, or the sentence of a refusal."""
    source: str = ""
    """`form`: it was asked for in the form; `command line (user/alice)`: on the command line, by that user of
    the machine, or with that token; empty: typed or pressed in Slack, or Slipway's own."""
    channel: str = ""
    team: str = ""
    service: Redacted = ""
    """Several: separated by commas. In a refusal it is what was typed, such as a name that does not exist."""
    deploy: str = ""
    batch: str = ""
    phase: str = ""
    outcome: str = ""
    version: str = ""
    """Version of the deploy's record."""
    from_tag: str = ""
    from_digest: str = ""
    """As the task definition before names it; or, if that names a tag, the one that all its tasks ran."""
    from_running: str = ""
    """Digests that the main container was seen running before the change, separated by commas."""
    tag: Redacted = ""
    digest: str = ""
    """As planned."""
    running: str = ""
    """Digests that the main container was seen running, separated by commas."""
    approvers: str = ""
    """Ids of those whose approval counts, separated by commas."""
    hold: str = ""
    """What the deploy waits for: `lock`, `freeze` or `stop-all`."""
    lock: str = ""
    """Id of the lock: the one that is changed, holds the deploy, or, if `hold` is not `lock`, let it pass."""
    lock_target: str = ""
    """What it locks: a service, a group, or `*`."""
    lock_owner: str = ""
    lock_since: str = ""
    """Epoch seconds, with milliseconds."""
    override: str = ""
    """What somebody let the deploy pass: `freeze`."""
    override_by: str = ""
    override_at: str = ""
    """Epoch seconds, with milliseconds."""
    override_why: Redacted = ""
    """As the person typed it."""
    fence: str = ""
    revision: str = ""
    deployment: str = ""
    aws_requests: str = ""
    """Request ids of the calls that changed AWS, separated by commas."""
    catalogue: str = ""
    """Version of services.yml: the beginning of its SHA-256."""

    def to_fields(self) -> list[str]:
        """Field and value, one after the other, as XADD takes them."""
        return [part for pair in self.model_dump().items() for part in pair]


FIELDS = tuple(AuditEntry.model_fields)
"""Names of the fields, in their order."""
