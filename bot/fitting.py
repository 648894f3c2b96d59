"""Lists that fit into a message: Slack takes 4000 characters of text, and 3000 in a section."""

from __future__ import annotations

from collections.abc import Sequence


def fitting(lines: Sequence[str], most: int) -> str:
    """Bullet points, as many as fit into so many characters; then how many more there are."""
    shown: list[str] = []
    left = most
    for line in lines:
        left -= len(line) + 3
        if left < 0:
            break
        shown.append(f"• {line}")
    rest = len(lines) - len(shown)
    return "\n".join([*shown, *([f"• and {rest} more"] if rest else [])])
