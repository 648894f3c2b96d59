"""What people are told of a services.yml that cannot be used, while what it said before stays in force."""

from __future__ import annotations

from dataclasses import dataclass

from deploys.formatting import TimeFormat, slack_time
from deploys.mrkdwn import code, plural


@dataclass(frozen=True)
class RejectedFile:
    """The file as it is now is not used."""

    since: float
    """When this process found it so (epoch seconds)."""
    mistakes: int
    """Count; 0: the file cannot be read."""

    def sentence(self, version: str, when: TimeFormat = slack_time) -> str:
        """What is wrong and what holds meanwhile, as mrkdwn. It names no mistake: that may name a service
        which not everybody may see."""
        wrong = f"has {plural(self.mistakes, 'mistake')}" if self.mistakes else "cannot be read"
        return (
            f":warning: `services.yml` was changed ({when(self.since)}) and {wrong}, so what it said before "
            f"(version {code(version)}) stays in force. `slipway check` and the log say what is wrong."
        )
