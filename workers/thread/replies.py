"""A milestone as a reply in the thread."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.deploy import Deploy, Milestone, MilestoneKind
from deploys.mrkdwn import code, mention
from workers.thread.lengths import TEXT, clip

URGENT = frozenset({MilestoneKind.QUESTION, MilestoneKind.TROUBLE, MilestoneKind.END})


@dataclass(frozen=True)
class Reply:
    """A message for Slack. It needs no blocks: its text is all of it, and nothing in it is pressed."""

    text: str
    broadcast: bool
    """Also shown in the channel."""


def reply(milestone: Milestone, deploy: Deploy) -> Reply:
    """The reply for a milestone. The end mentions who asked; the text of a question names its approvers."""
    text = milestone.text
    who = mention(deploy.requester)
    if milestone.kind is MilestoneKind.END and who not in text:
        text = f"{who} {text}"
    return Reply(clip(text, TEXT), milestone.broadcast)


def reply_of_several(milestone: Milestone, deploy: Deploy, *, mentioned: bool) -> Reply:
    """The same in the thread of a batch: it says whose it is, and an end mentions nobody unless told to."""
    text = milestone.text
    if code(deploy.service.name) not in text.partition("\n")[0]:
        text = f"{code(deploy.service.name)}: {text}"
    who = mention(deploy.requester)
    if mentioned and who not in text:
        text = f"{who} {text}"
    return Reply(clip(text, TEXT), milestone.broadcast)


def urgent(milestones: tuple[Milestone, ...]) -> bool:
    """Whether somebody is needed, or waits for the outcome, among these."""
    return any(milestone.kind in URGENT or milestone.broadcast for milestone in milestones)
