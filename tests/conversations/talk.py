"""People who type and press buttons while a worker moves deploys, all by the rules of one services.yml, which
may change meanwhile. In one process, on a clock that the test moves."""

from __future__ import annotations

import itertools
from email.utils import formatdate
from typing import Any, cast

from redis import Redis

from bot.app_context import build_app_context
from bot.slack_clock import SlackClock
from deploys import buttons
from deploys.access import Access
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.service import Service
from deploys.holds.service_freezes import ServiceFreezes
from deploys.records.deploy import Deploy
from deploys.records.phases import Outcome, Phase
from deploys.records.thread_messages import ThreadMessageKind
from deploys.stores.freeze_calendars import FreezeCalendars
from deploys.stores.user_groups import UserGroups
from sandbox.ecs import EcsSandbox
from tests.bot.bot_harness import BOT_IDENTITY, BotHarness, ManualClock, RecordedViews
from tests.bot.sample_bot import NO_LIMITS
from tests.builders import a_deploy
from tests.slack_directory import KnownDirectory
from tests.workers.engine_harness import EngineHarness


class _RegionClock(ManualClock):
    """The time of the ECS region, for the bot."""

    def __init__(self, ecs: EcsSandbox) -> None:
        super().__init__(ecs.now())
        self._ecs = ecs

    def __call__(self) -> float:
        return self._ecs.now()

    def advance(self, seconds: float) -> None:
        self._ecs.advance(seconds)


class Talk:
    """What people do, and what they read of it."""

    def __init__(self, ecs: EcsSandbox, redis: Redis, *services: Service) -> None:
        self.redis = redis
        self.engine = EngineHarness(ecs, redis)
        self.clock = _RegionClock(ecs)
        self.directory = KnownDirectory(redis)
        self._services = {each.name: each for each in services}
        self._deliveries = itertools.count(1)
        self._start()

    def edit(self, service: str, **changes: Any) -> None:
        """Somebody edits services.yml, and every process knows it."""
        self._services[service] = Service(**{**dict(self._services[service]), **changes})
        self._start()

    def _start(self) -> None:
        self.catalogue = catalogue = Catalogue(dict(self._services))
        groups = UserGroups(self.redis)
        self.access = Access(catalogue, groups, self.directory, now=self.clock)
        slack_clock = SlackClock(wall_clock=self.clock, uptime=self.clock)
        answer = {"Date": formatdate(self.clock(), usegmt=True)}
        slack_clock.compare_with_answer(answer, self.clock(), self.clock())
        context = build_app_context(
            BOT_IDENTITY,
            catalogue,
            self.redis,
            self.redis,
            now=self.clock,
            slack_clock=slack_clock,
            directory=self.directory,
            limits=NO_LIMITS,
            views=RecordedViews(),
        )
        bot = BotHarness(context, self.redis, self.clock)
        bot._counter = self._deliveries
        self.bot = bot
        self.engine.access = cast(Any, self.access)
        self.engine.hold_sources = (ServiceFreezes(catalogue, FreezeCalendars(self.redis), self.access),)
        self.engine.engine = self.engine.new_engine()

    def says(self, user: str, text: str, **where: str) -> str:
        """Types a command; the answer."""
        self.clock.advance(1)
        return self.bot.type(text, by=user, **where)

    def deploys(self, user: str, text: str) -> str:
        """Types a command that queues a deploy; its id."""
        known = {each.id for each in self.engine.store.recent(None, 50)}
        answer = self.says(user, text)
        new = [each.id for each in self.engine.store.recent(None, 50) if each.id not in known]
        assert new, answer
        return new[0]

    def presses(self, user: str, action_id: str, deploy_id: str) -> str:
        """Presses a button on the deploy's card; what only this person reads, or nothing."""
        self.bot.clear_jobs()
        self.bot.click(
            action_id, self.deploy(deploy_id), by=user, question=self._question(action_id, deploy_id)
        )
        return "\n".join(text for *_, text in self.bot.queued_answers())

    def replaces(self, user: str, text: str) -> str | None:
        """Types a command that queues a deploy, and presses the button that replaces the one before it; what
        this person reads, or None if there is no such button."""
        self.clock.advance(1)
        ack = self.bot.read_ack(self.bot.send_command(text, by=user))
        elements = [each for block in ack.get("blocks", ()) for each in block.get("elements", ())]
        values = [each["value"] for each in elements if each.get("action_id") == buttons.REPLACE_WAITING]
        if not values:
            return None
        self.bot.clear_jobs()
        kept = a_deploy(id=values[0].partition(".")[0])
        self.bot.click(buttons.REPLACE_WAITING, kept, by=user, ephemeral=True, question=0)
        return "\n".join(said for *_, said in self.bot.queued_answers())

    def _question(self, action_id: str, deploy_id: str) -> int:
        is_answer = action_id in buttons.QUESTION_BUTTONS
        return self.deploy(deploy_id).approval.question if is_answer else 0

    def deploy(self, deploy_id: str) -> Deploy:
        """The record as it is."""
        return self.engine.get(deploy_id)

    def is_asked(self, deploy_id: str) -> Deploy:
        """Time passes until Slack shows the question whether to deploy it."""
        self.engine.until(lambda: self.deploy(deploy_id).question_not_shown)
        return self.engine.mark_question_shown(deploy_id)

    def is_held(self, deploy_id: str) -> str:
        """Time passes until something holds it; what."""
        self.engine.until(lambda: self.deploy(deploy_id).hold)
        found = self.deploy(deploy_id).hold
        return found.sentence if found else ""

    def ends(self, deploy_id: str) -> tuple[Outcome | None, str]:
        """Time passes until the deploy has ended: how, and the last thing that its thread says."""
        ended = self.engine.until_phase(deploy_id, Phase.ENDED)
        return ended.outcome, ended.thread_messages[-1].text if ended.thread_messages else ""

    def problems(self, deploy_id: str) -> str:
        """What its thread says is wrong."""
        return self.engine.thread_text(deploy_id, ThreadMessageKind.PROBLEM)

    def passes(self, seconds: float) -> None:
        """Time passes, and workers do what is due."""
        until = self.clock() + seconds
        while self.clock() < until:
            self.engine.tick(min(5.0, until - self.clock()))
