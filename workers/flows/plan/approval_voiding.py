"""What the audit trail is told if an approval is void."""

from __future__ import annotations

from deploys.records.approval import Verdict
from deploys.records.audit_entry import AuditNote
from deploys.records.deploy import Deploy
from workers.messages import approval

APPROVAL_VOIDED = "approval voided"


def voided_notes(deploy: Deploy, why: str) -> tuple[AuditNote, ...]:
    """The entry for the approvals that a deploy had; none if it had none. why: at least one sentence."""
    approvers = tuple(
        dict.fromkeys(each.user for each in deploy.approval.decisions if each.verdict is Verdict.APPROVED)
    )
    if not approvers:
        return ()
    return (AuditNote(what=APPROVAL_VOIDED, why=approval.voided(approvers, why)),)
