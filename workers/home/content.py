"""What a person's Home tab shows, read from the records. Everybody's is read together, so that many open
tabs cost little more than one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from deploys.access import Access
from deploys.access_rules import Action
from deploys.asker import Asker
from deploys.buttons.resume_all import may_resume_all
from deploys.catalogue.catalogue import Catalogue
from deploys.catalogue.slack_ids import EVERYONE
from deploys.decisions import decide
from deploys.errors import ChannelUnknown, Refused
from deploys.holds.breaking_locks import services_of
from deploys.holds.held_deploys import HoldSource
from deploys.holds.service_freezes import ServiceFreeze, ServiceFreezes
from deploys.pauses import pause_approvers, unanswered_pause
from deploys.queue_forecast import QueueReader, WaitingDeploy
from deploys.records.approval import Verdict
from deploys.records.deploy import Deploy
from deploys.records.lock import Lock
from deploys.records.phases import Phase
from deploys.records.stop_all import StopAll
from deploys.records.traffic import HookAction
from deploys.rollback_offer import DEPLOYS_READ, RollbackOffer, find_rollback_offer
from deploys.stores.active_deploys import ActiveDeploy
from deploys.stores.current_holds import CurrentHolds
from deploys.stores.deploy_reader import DeployReader
from deploys.stores.lost_deploys import LostDeploys, lost_deploy_text
from deploys.stores.thread_store import ThreadStore

RECENT_READ = 200
"""The newest deploys that are looked at, for the last ends (count)."""
RECENT_SHOWN = 10
RUNNING_SHOWN = 15
WAITING_SHOWN = 10
USUAL_SHOWN = 6
"""Services with a button *Deploy* (count)."""
OFFER_PAGE = 3
"""Deploys of a service that are read at once to know whether it can be rolled back (count): mostly two
tell."""


@dataclass(frozen=True)
class LockRow:
    """A lock, and what this person may do about it."""

    lock: Lock
    is_own: bool = False
    may_break: bool = False


@dataclass(frozen=True)
class EndedRow:
    """A deploy that has ended, and what a button may bring back."""

    deploy: Deploy
    offer: RollbackOffer | None = None


@dataclass(frozen=True)
class HomeContent:
    """All that one person's tab shows."""

    needs_you: Sequence[Deploy] = ()
    running: Sequence[Deploy] = ()
    more_running: int = 0
    """Those that are not among them (count)."""
    waiting: Sequence[WaitingDeploy] = ()
    more_waiting: int = 0
    recent: Sequence[EndedRow] = ()
    locks: Sequence[LockRow] = ()
    freezes: Sequence[ServiceFreeze] = ()
    freezes_soon: Sequence[tuple[str, float]] = ()
    """Services, and when the next freeze of each begins (epoch seconds)."""
    usual: Sequence[str] = ()
    """Services that this person may deploy: those they deploy most, first."""
    lost_deploys: Sequence[str] = ()
    """Texts about services that a lost deploy left stopped."""
    catalogue_note: str = ""
    """What is wrong with services.yml; empty: nothing."""
    stopped: StopAll | None = None
    may_resume: bool = False
    links: dict[str, str] = field(default_factory=dict)
    """The address of each thread, by its id."""


class HomeReader:
    """Reads as of one moment; what does not depend on the person is read once."""

    def __init__(
        self,
        store: DeployReader,
        threads: ThreadStore,
        access: Access,
        catalogue: Catalogue,
        freezes: ServiceFreezes,
        now: float,
        current: CurrentHolds,
        hold_sources: Sequence[HoldSource] = (),
    ) -> None:
        """hold_sources: what may hold a deploy when its turn comes."""
        self._threads = threads
        self._store = store
        self._access = access
        self._catalogue = catalogue
        self._freezes = freezes
        self._now = now
        self._queues = QueueReader(store, now, hold_sources)
        self._active = store.list_active()
        self._records: dict[str, Deploy] = {}
        self._ended: list[Deploy] = []
        open_ids = {each.id for each in self._active if each.summary.in_progress}
        self._ended_before = store.recent_without(None, open_ids, RECENT_READ, page=RECENT_SHOWN)
        self._locks = current.locks(now)
        self._stopped = current.find()
        self._lost = LostDeploys(store.redis).all()
        self._links: dict[str, str] = {}
        self._offers: dict[str, RollbackOffer | None] = {}

    def read(self, asker: Asker) -> HomeContent:
        """What this person may see, wherever they are."""
        catalogue = self._access.seen_by(asker)
        seen = catalogue.services
        active = [each for each in self._active if each.summary.service in seen]
        asking = self._read_records([each for each in active if each.summary.has_question])
        needs_you = [each for each in asking if may_answer(each, asker.user, self._access, self._now)]
        needed = {each.id for each in needs_you}
        others = [each for each in active if each.summary.in_progress and each.id not in needed]
        waiting = [each for each in others if each.summary.phase is Phase.WAITING]
        running = [each for each in others if each.summary.phase is not Phase.WAITING]
        running_shown = self._read_records(running[:RUNNING_SHOWN])
        waiting_shown = self._queues.read_all(self._read_records(waiting[:WAITING_SHOWN]))
        ended = (each for each in self._ended_deploys() if each.service.name in seen)
        recent = [EndedRow(each, self._offer_for(each, asker)) for each in islice(ended, RECENT_SHOWN)]
        usual = self._usual_services(asker)
        mine = tuple(dict.fromkeys([*usual, *(each.service.name for each in needs_you)]))
        shown = [
            *needs_you,
            *running_shown,
            *(each.deploy for each in waiting_shown),
            *(each.deploy for each in recent),
        ]
        return HomeContent(
            needs_you=needs_you,
            running=running_shown,
            more_running=len(running) - len(running_shown),
            waiting=waiting_shown,
            more_waiting=len(waiting) - len(waiting_shown),
            recent=recent,
            locks=[self._lock_row(each, asker) for each in self._locks if self._covers_any(each, seen)],
            freezes=[found for name in mine if (found := self._freezes.find(name, self._now))],
            freezes_soon=[(name, at) for name in mine if (at := self._soon(name)) is not None],
            usual=usual,
            lost_deploys=[lost_deploy_text(each, self._now) for each in self._lost if each.service in seen],
            catalogue_note=catalogue.rejected_note,
            stopped=self._stopped if seen else None,
            may_resume=self._may_resume(asker),
            links=self._links_to(shown),
        )

    def _read_records(self, deploys: Sequence[ActiveDeploy]) -> list[Deploy]:
        """The records of these, as far as there are some; each is read once."""
        unread = [each for each in deploys if each.id not in self._records]
        self._records |= {each.id: each for each in self._store.read_shown(unread)}
        return [self._records[each.id] for each in deploys if each.id in self._records]

    def _ended_deploys(self) -> Iterator[Deploy]:
        """The newest first. They are read as they are needed, and each once."""
        yield from self._ended
        for each in self._ended_before:
            if not each.in_progress:
                self._ended.append(each)
                yield each

    def _usual_services(self, asker: Asker) -> tuple[str, ...]:
        deployable = self._access.deployable_by(asker).services
        own = Counter(self._store.requested_services(asker.user)).most_common()
        usual = [name for name, _ in own if name in deployable]
        return tuple(dict.fromkeys([*usual, *deployable]))[:USUAL_SHOWN]

    def _offer_for(self, deploy: Deploy, asker: Asker) -> RollbackOffer | None:
        if deploy.id not in self._offers:
            newest = self._store.recent_without(deploy.service.name, (), DEPLOYS_READ, page=OFFER_PAGE)
            self._offers[deploy.id] = find_rollback_offer(deploy, newest)
        if self._offers[deploy.id] is None:
            return None
        there = Asker(asker.user, deploy.request.team, deploy.request.channel)
        may = _is_allowed(lambda: self._access.may(Action.ROLL_BACK, there, deploy.service.name))
        return self._offers[deploy.id] if may else None

    def _lock_row(self, lock: Lock, asker: Asker) -> LockRow:
        if lock.owner == asker.user:
            return LockRow(lock, is_own=True)
        there = Asker(asker.user, lock.team, lock.channel)
        services = services_of(lock.target, self._catalogue)
        may_break = bool(services) and all(
            _is_allowed(lambda name=name: self._access.may(Action.OVERRIDE, there, name))  # type: ignore[misc]
            for name in services
        )
        return LockRow(lock, may_break=may_break)

    def _covers_any(self, lock: Lock, services: Iterable[str]) -> bool:
        return any(lock.covers(name) for name in services)

    def _may_resume(self, asker: Asker) -> bool:
        if self._stopped is None:
            return False
        there = Asker(asker.user, self._stopped.team, self._stopped.channel)
        return may_resume_all(self._stopped, there, self._access)

    def _soon(self, service: str) -> float | None:
        return self._freezes.starts_soon(service, self._now)

    def _links_to(self, deploys: Iterable[Deploy]) -> dict[str, str]:
        ids = list(dict.fromkeys(each.thread_id for each in deploys))
        unread = [each for each in ids if each not in self._links]
        for each, thread in zip(unread, self._threads.states(unread), strict=True):
            self._links[each] = thread.permalink if thread and thread.ts else ""
        return {each: self._links[each] for each in ids}


def may_answer(deploy: Deploy, user: str, access: Access, now: float) -> bool:
    """Whether this user may answer the deploy's open question. The click itself is checked again."""
    asker = Asker(user, deploy.request.team, deploy.request.channel)
    try:
        if unanswered_pause(deploy):
            if EVERYONE in pause_approvers(deploy):  # everybody may; only the requester has to see to it
                return user == deploy.request.requester
            access.may_answer_pause(asker, deploy, HookAction.CONTINUE)
        else:
            decide(deploy, user, Verdict.APPROVED, deploy.approval.question, now)
            access.may_decide(asker, deploy)
    except Refused:
        return False
    return True


def _is_allowed(check: Callable[[], None]) -> bool:
    """What kind of channel it is may not be known by now: a press has that read, and is checked again."""
    try:
        check()
    except ChannelUnknown:
        return True
    except Refused:
        return False
    return True
