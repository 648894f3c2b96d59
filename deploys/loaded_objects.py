"""What a process has loaded when it has started."""

from __future__ import annotations

import gc


def freeze_loaded_objects() -> None:
    """Leaves all that was loaded so far out of later searches for garbage (docs.python.org, `gc.freeze`):
    Python makes some when a process ends, which took the bot two seconds on a busy machine."""
    gc.freeze()
