"""Of several services, people read about those alone that they may see where they ask."""

from __future__ import annotations

from bot.app_context import AppContext
from deploys.catalogue.catalogue import Catalogue

_NOTE = "Services that may not be seen here are left out; `/deploy access SERVICE` says why."


def hidden_note(seen: Catalogue, context: AppContext) -> str:
    """What to say if some are left out; else empty."""
    return _NOTE if len(seen.services) < len(context.catalogue.services) else ""
