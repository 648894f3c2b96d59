"""All sections of the gallery."""

from __future__ import annotations

from redis import Redis

from tests.gallery.answers import answer_sections
from tests.gallery.buttons import button_section
from tests.gallery.deploy_cards import card_sections, private_refusal_section
from tests.gallery.exhibit import Section
from tests.gallery.messages import message_section
from tests.gallery.refusals import choice_section, refusal_section
from tests.gallery.views import view_section
from tests.gallery.worker_answers import worker_answer_section


def collect(redis: Redis) -> list[Section]:
    """Everything that Slipway says, in the order of the page. Redis is emptied before."""
    return [
        view_section(),
        *card_sections(),
        message_section(),
        *answer_sections(redis),
        worker_answer_section(redis),
        private_refusal_section(),
        choice_section(),
        refusal_section(),
        button_section(),
    ]
