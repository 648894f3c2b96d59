"""The buttons that a run presses for the approver it was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from deploys import buttons
from deploys.deploy import Deploy, Phase
from deploys.pauses import number as pause_number
from deploys.pauses import unanswered
from sandbox.slack.client import SandboxError
from slipway.demo.stage import Stage
from slipway.demo.transcript import Transcript


class Button(NamedTuple):
    """What is pressed, and which question or pause it answers."""

    action_id: str
    label: str
    number: int


def wanted(deploy: Deploy) -> Button | None:
    """The button that this deploy waits for; None where it waits for nobody."""
    if unanswered(deploy):
        return Button(buttons.CONTINUE, "Continue", pause_number(deploy))
    if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.decisions:
        return Button(buttons.APPROVE, "Approve", deploy.question)
    return None


@dataclass
class Presser:
    """Presses each button once, as soon as the card offers it."""

    stage: Stage
    channel: str
    approver: str
    transcript: Transcript
    _pressed: set[tuple[str, Button]] = field(default_factory=set)

    def press(self, deploy: Deploy) -> None:
        """Presses what the deploy waits for, unless that was pressed before."""
        button = wanted(deploy)
        view = self.stage.threads.find(deploy.told_in)
        if button is None or view is None or (deploy.id, button) in self._pressed:
            return
        value = buttons.value(deploy.id, button.number)
        try:
            answer = self.stage.slack.click(
                self.approver,
                button.action_id,
                channel=self.channel,
                ts=view.ts,
                block_id=self._block_of(view.ts, value),
            )
        except SandboxError:
            return  # the card does not offer it yet
        self._pressed.add((deploy.id, button))
        key = f"{button.label} {value}"
        self.transcript.show(key, self.approver, f"[{button.label}]")
        for place, reply in enumerate(answer["replies"]):
            self.transcript.show(f"{key} {place}", f"slipway, only to {self.approver}", reply["text"])

    def _block_of(self, ts: str, value: str) -> str | None:
        """The block of the card that has this button: a card of several deploys has one for each."""
        for block in self.stage.slack.thread(self.channel, ts)[0].get("blocks", []):
            for element in block.get("elements", []):
                if element.get("value") == value:
                    return str(block["block_id"])
        return None
