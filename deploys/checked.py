"""How the check after the rollout goes."""

from __future__ import annotations

from deploys.frozen import Frozen


class Check(Frozen):
    """What the looks so far have shown."""

    requests: int = 0
    """Requests to the address (count)."""
    answered: int = 0
    """Those answered with a 2xx status (count)."""
    misses: int = 0
    """Those that were not, one after another up to now (count)."""
    last_miss: str = ""
    """What the last of them got instead, in words."""
    alarm_reads: int = 0
    """Times all alarms were read (count)."""
    unread: str = ""
    """Why the alarms could not be read at the last look. Empty: they could, or there are none."""
