"""What somebody who sees the demo first may try: the terminal prints it, and the page offers it."""

from __future__ import annotations

THINGS_TO_TRY = (
    ("/deploy web 1.4.2", "a rolling deploy of 3 tasks without downtime"),
    ("/deploy web 1.5.0-crash", "it crashes; ECS rolls back; the thread says why"),
    ("/deploy ledger 1.4.2", "needs an approval: become bob and press Approve"),
    ("/deploy shop 1.4.2", "a canary that pauses: as bob, press Continue"),
    ("/deploy plan site 1.4.2", "what a deploy takes from a newer revision of Terraform"),
)
"""What to type, and what it shows."""


def numbered() -> str:
    """One line for each."""
    width = max(len(text) for text, _ in THINGS_TO_TRY)
    return "\n".join(
        f"  {number}. {text:{width}}   {note}" for number, (text, note) in enumerate(THINGS_TO_TRY, 1)
    )
