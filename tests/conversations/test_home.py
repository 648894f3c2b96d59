"""The Home tab shows a service only to those who may do something with it."""

from __future__ import annotations

import json

from redis import Redis

from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import ALICE, CAROL, DAVE
from tests.builders import a_service
from tests.conversations.talk import Talk
from tests.slack_directory import TEAM, a_person
from tests.workers.home.home_harness import a_home_publisher
from tests.workers.thread.test_what_is_sent import RecordingClient


def home(talk: Talk, user: str) -> str:
    """What this person's Home tab says, also of locks."""
    client, now = RecordingClient(), talk.clock()
    a_home_publisher(client, talk.redis, talk.catalogue, talk.access, now).publish(user, TEAM)
    return json.dumps(client.given)


def test_home_shows_what_may_be_seen_and_forgets_what_may_not_any_more(ecs: EcsSandbox, redis: Redis) -> None:
    talk = Talk(ecs, redis, a_service("web", deployers=(ALICE,)), a_service("api", deployers=(DAVE,)))
    talk.deploys(ALICE, "/deploy web 1.4.2 the new prices")
    talk.deploys(DAVE, "/deploy api 1.5.0 the new tariff")
    talk.says(DAVE, "/deploy lock api for 1h a secret project")

    def seen(user: str) -> tuple[bool, bool, bool]:
        said = home(talk, user)
        return "1.4.2" in said, "1.5.0" in said, "a secret project" in said

    assert seen(ALICE) == (True, False, False)
    assert seen(DAVE) == (False, True, True)
    assert seen(CAROL) == (False, False, False)

    talk.edit("api", deployers=(ALICE,))
    assert seen(ALICE) == (True, True, True)
    assert seen(DAVE) == (False, False, False)
    talk.directory.people[ALICE] = a_person(is_guest=True)
    assert seen(ALICE) == (False, False, False)
