"""What every request passes before a listener sees it, in this order: replays, one team, repeats."""

from bot.middleware.one_team import OneTeam
from bot.middleware.repeats import Repeats
from bot.middleware.replays import Replays

__all__ = ["OneTeam", "Repeats", "Replays"]
