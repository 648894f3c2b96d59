"""Services with freezes, and what answers for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from redis import Redis

from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.freeze_keys import FreezeEntry
from deploys.catalogue.service import Service
from deploys.holds.service_freezes import ServiceFreezes
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.user_groups import UserGroups
from tests.slack_directory import KnownDirectory


def a_freeze(at: float, *, lasts: int = 3600, **changes: Any) -> FreezeEntry:
    """A window that begins at that time (epoch seconds)."""
    starts = datetime.fromtimestamp(at, ZoneInfo("Europe/Berlin")).replace(tzinfo=None, microsecond=0)
    fields: dict[str, Any] = {
        "starts": starts.isoformat(),
        "duration": lasts,
        "time_zone": "Europe/Berlin",
        "reason": "Christmas",
    }
    return FreezeEntry(**{**fields, **changes})


def service_freezes(redis: Redis, *services: Service) -> ServiceFreezes:
    """What answers for these services."""
    catalogue = Catalogue({each.name: each for each in services})
    access = Access(catalogue, UserGroups(redis), KnownDirectory(redis))
    return ServiceFreezes(catalogue, FreezeCalendars(redis), access)
