"""What every request passes before a listener sees it, in this order: signed, well formed, replays, one team,
repeats."""

from bot.middleware.one_team import OneTeam
from bot.middleware.repeats import Repeats
from bot.middleware.replays import Replays
from bot.middleware.signed import Signed
from bot.middleware.well_formed import WellFormed

__all__ = ["OneTeam", "Repeats", "Replays", "Signed", "WellFormed"]
