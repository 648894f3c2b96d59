"""Short names for what AWS names at length."""

from __future__ import annotations

SHORT_DIGEST_LENGTH = 19
"""Characters of a digest that people are shown: `sha256:` and twelve more."""


def short_arn(arn: str | None) -> str:
    """The part after the last slash: `web:42` for a revision, the id for a task. Empty for None."""
    return (arn or "").rsplit("/", 1)[-1]


def short_digest(digest: str) -> str:
    """`sha256:0123456789ab`, from a whole digest."""
    return digest[:SHORT_DIGEST_LENGTH]
