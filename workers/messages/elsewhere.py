"""What is said of a deploy outside of its thread: where it was asked for, and in the channel for failures."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy_text import deploy_name, name_in_sentence, requested_by
from deploys.mrkdwn import code, escape, mention, mentions
from deploys.records.batch import Batch, batch_name
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.text_limits import TEXT, clip, shorten
from deploys.where_told import resolve_people


def alert(deploy: Deploy, text: str, permalink: str, since_then: str = "") -> str:
    """A problem or a bad end, for the channel for failures. text: what the thread says of it. since_then:
    what came of it (`since_then`)."""
    who = mentions(resolve_people(deploy.service.told.mention_on_failure, deploy), nobody="")
    where = f"{code(deploy.service.name)} on {escape(shorten(deploy.service.cluster, 80))}"
    link = f"\n<{permalink}|The thread>" if permalink else ""
    told = with_since_then(f"{who} {where}: {text}".strip(), since_then)
    return f"{clip(told, TEXT - len(link))}{link}"


def since_then(followup: Deploy) -> str:
    """What came of a failure. followup: the deploy that says so."""
    state = followup.outcome.facts.sentence if followup.outcome else "is under way"
    return f"*Since then*: {name_in_sentence(followup)} {requested_by(followup)} {state}."


def with_since_then(text: str, since_then: str) -> str:
    """The message about a failure; what came of it is the first thing that people read."""
    return f"{since_then}\n{text}" if since_then else text


def link_to_deploy(deploy: Deploy, permalink: str) -> str:
    """For where it was asked for: first where its thread is, at last how it ended."""
    ended = f" {deploy.outcome.facts.sentence}" if deploy.outcome and deploy.phase is Phase.ENDED else ""
    return _linked(deploy_name(deploy), deploy.request.requester, ended, permalink)


def link_to_batch(batch: Batch, deploys: Sequence[Deploy], permalink: str) -> str:
    """The same for a batch."""
    ended = ""
    if all(each.phase is Phase.ENDED for each in deploys):
        succeeded = [each.outcome for each in deploys].count(Outcome.SUCCEEDED)
        ended = f" ended, {succeeded} of {len(deploys)} succeeded"
    return _linked(batch_name(batch), batch.request.requester, ended, permalink)


def _linked(name: str, requester: str, ended: str, permalink: str) -> str:
    comma = "," if ended else ""
    return f"{name}, asked for by {mention(requester)}{comma}{ended}: <{permalink}|its thread>"
