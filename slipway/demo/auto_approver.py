"""Presses the buttons of a run for the approver that was named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from deploys import buttons
from deploys.pauses import latest_pause_number as pause_number
from deploys.pauses import unanswered_pause
from deploys.records.deploy import Deploy
from deploys.records.phases import Phase
from sandbox.slack.client import SandboxError
from slipway.demo.demo_environment import DemoEnvironment
from slipway.demo.transcript import Transcript


class PendingButton(NamedTuple):
    """A button, and the approval request or pause that it answers."""

    action_id: str
    label: str
    number: int


def find_pending_button(deploy: Deploy) -> PendingButton | None:
    """The button that this deploy waits for; None if it waits for nobody."""
    if unanswered_pause(deploy):
        return PendingButton(buttons.CONTINUE, "Continue", pause_number(deploy))
    if deploy.phase is Phase.AWAITING_APPROVAL and not deploy.approval.decisions:
        return PendingButton(buttons.APPROVE, "Approve", deploy.approval.question)
    return None


@dataclass
class AutoApprover:
    """Presses each button once, as soon as the card offers it."""

    demo: DemoEnvironment
    channel: str
    approver: str
    transcript: Transcript
    _pressed: set[tuple[str, PendingButton]] = field(default_factory=set)

    def press_pending_button(self, deploy: Deploy) -> None:
        """Presses the button that the deploy waits for, unless it has been pressed before."""
        button = find_pending_button(deploy)
        thread = self.demo.threads.find(deploy.thread_id)
        if button is None or thread is None or (deploy.id, button) in self._pressed:
            return
        value = buttons.button_value(deploy.id, button.number)
        try:
            answer = self.demo.slack.click(
                self.approver,
                button.action_id,
                channel=self.channel,
                ts=thread.ts,
                block_id=self._find_block_id(thread.ts, value),
            )
        except SandboxError:
            return  # the card does not offer it yet
        self._pressed.add((deploy.id, button))
        key = f"{button.label} {value}"
        self.transcript.print_message(key, self.approver, f"[{button.label}]")
        for number, reply in enumerate(answer["replies"]):
            self.transcript.print_message(
                f"{key} {number}", f"slipway, only to {self.approver}", reply["text"]
            )

    def _find_block_id(self, ts: str, value: str) -> str | None:
        """The block of the card with this button. The card of a batch has a block for each deploy."""
        for block in self.demo.slack.thread(self.channel, ts)[0].get("blocks", []):
            for element in block.get("elements", []):
                if element.get("value") == value:
                    return str(block["block_id"])
        return None
