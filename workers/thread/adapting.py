"""How a thread is written otherwise when Slack does not take it as it is. Pure."""

from __future__ import annotations

from deploys.threads import ThreadView
from workers.thread.forms import Form
from workers.thread.lengths import CARD_BYTES, STATE_BYTES
from workers.thread.trouble import Kind, Trouble

STUBBORN = 3
"""Tries after which an error inside Slack is taken for one that this very message causes (count)."""
ABOUT_THE_MESSAGE = frozenset({Kind.TEXT, Kind.BLOCKS, Kind.OTHER})
"""Kinds that another form of the message may avoid. An error that nobody knows is one of them."""


def adapted(
    view: ThreadView, asked_in: str | None, trouble: Trouble, sent: Form | None = None
) -> ThreadView | None:
    """The view under which another try makes sense at once; None where none does. `asked_in` is the thread it
    was asked for in, `sent` the form of the card that was refused, None for a reply.

    A card that a person deleted is posted once more, not for ever.
    """
    kind = trouble.kind
    if kind in ABOUT_THE_MESSAGE or (trouble.inside_slack and view.tries >= STUBBORN):
        return _plainer(view, kind, sent)
    if kind not in (Kind.CARD_GONE, Kind.THREAD_GONE) or view.lost:
        return None
    if kind is Kind.THREAD_GONE and asked_in and not view.astray:
        return view.evolve(astray=True, ts="", card_place=None)
    if not view.replaced:
        return view.evolve(replaced=True, ts="", card_place=None)
    return view.evolve(lost=True)


def richer(view: ThreadView) -> ThreadView:
    """After a card was sent in a new state: the next one is tried a bit richer, as Slack may have refused
    what only the old one had.
    """
    return view.evolve(plainness=max(view.plainness - 1, 0), text_room=0)


def _plainer(view: ThreadView, kind: Kind, sent: Form | None) -> ThreadView | None:
    if kind is Kind.TEXT and (room := _next_room(view, sent)):
        return view.evolve(text_room=room)
    if sent is None:
        return None if view.plain_reply else view.evolve(plain_reply=True)
    return None if sent is Form.TEXT else view.evolve(plainness=sent + 1)


def _next_room(view: ThreadView, sent: Form | None) -> int | None:
    """Bytes of a shorter text; None where it holds no more than a card's state."""
    if not view.text_room and sent is None:
        return CARD_BYTES  # a reply may be longer than a card
    now = view.text_room or CARD_BYTES
    return max(STATE_BYTES, now // 2) if now > STATE_BYTES else None
