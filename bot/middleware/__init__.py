"""What every request passes before a listener sees it, in this order: signed, well formed, replays, one team,
repeats."""

from bot.middleware.deduplication import Deduplication
from bot.middleware.payload_check import PayloadCheck
from bot.middleware.replay_protection import ReplayProtection
from bot.middleware.signature_check import SignatureCheck
from bot.middleware.workspace_check import WorkspaceCheck

__all__ = ["Deduplication", "PayloadCheck", "ReplayProtection", "SignatureCheck", "WorkspaceCheck"]
