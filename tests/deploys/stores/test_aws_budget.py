"""The budget of calls to AWS: never exceeded, in order, and everybody is served."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from deploys.aws_limits import LIMITS, LIMITS_BY_NAME
from deploys.stores import redis_keys
from deploys.stores.aws_budget import RESERVED_SHARES, AwsBudget, BucketKey, CallNeed, Turn, Waiter
from tests.builders import NOW
from tests.redis_commands import commands_of

REGISTER = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["task-definition-changes"])
READS = BucketKey("own", "eu-west-1", LIMITS_BY_NAME["service-reads"])
EPSILON = 0.005
"""Redis gets whole milliseconds (seconds)."""


@dataclass
class BudgetHarness:
    """A budget whose time the test moves."""

    redis: Redis
    now: float = NOW
    budget: AwsBudget = field(init=False)

    def __post_init__(self) -> None:
        self.budget = AwsBudget(self.redis, now=lambda: self.now)

    def ask(
        self, holder: str, need: CallNeed = CallNeed.CHANGE, asked_at: float = NOW, key: BucketKey = REGISTER
    ) -> Turn:
        return self.budget.take(key, Waiter(holder, need, asked_at))

    def take_all(self, need: CallNeed = CallNeed.RESTORE, key: BucketKey = REGISTER) -> int:
        """Calls until there is no token for this need; how many that were."""
        taken = 0
        while self.ask(f"{need.name}{taken}", need, key=key).seconds == 0:
            taken += 1
        self.budget.leave(key, f"{need.name}{taken}")
        return taken


@pytest.fixture
def harness(redis: Redis) -> BudgetHarness:
    return BudgetHarness(redis)


def test_half_of_the_published_burst_may_go_out_at_once_and_then_half_of_the_rate(
    harness: BudgetHarness,
) -> None:
    assert harness.take_all() == 10, "RegisterTaskDefinition: AWS takes 20 at once"
    assert harness.ask("late").seconds == pytest.approx(2 + 2 * 2), (
        "1 a second, and two are kept for rollbacks"
    )

    harness.now += 60
    assert harness.take_all() == 10, "a full bucket does not fill further"


@pytest.mark.parametrize(
    ("percent", "at_once", "rate"), [(50, 10, 0.5), (25, 5, 0.25), (100, 20, 1), (1, 1, 0.01)]
)
def test_the_share_is_a_setting(redis: Redis, percent: int, at_once: int, rate: float) -> None:
    budget = AwsBudget(redis, percent, now=lambda: NOW)

    assert (budget.capacity(REGISTER.limit), budget.rate(REGISTER.limit)) == (at_once, rate)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (CallNeed.BACKGROUND, 20),
        (CallNeed.PROGRESS, 30),
        (CallNeed.QUERY, 35),
        (CallNeed.END, 40),
        (CallNeed.CHANGE, 40),
        (CallNeed.RESTORE, 50),
    ],
)
def test_a_lesser_need_leaves_tokens_to_greater_ones(
    harness: BudgetHarness, need: CallNeed, expected: int
) -> None:
    assert harness.take_all(need, READS) == expected


def test_who_asked_first_goes_first_whoever_comes_back_first(harness: BudgetHarness) -> None:
    harness.take_all()
    turns = [harness.ask(f"d{number}", asked_at=NOW + number) for number in (2, 0, 1)]

    assert [turn.before for turn in turns] == [0, 0, 1]
    assert [harness.ask(f"d{number}", asked_at=NOW + number).before for number in range(3)] == [0, 1, 2]
    harness.now += 6  # one token beside the two that are kept for rollbacks
    assert harness.ask("d2", asked_at=NOW + 2).seconds == pytest.approx(4)
    assert harness.ask("d1", asked_at=NOW + 1).seconds == pytest.approx(2)
    assert harness.ask("d0", asked_at=NOW).seconds == 0


def test_a_greater_need_goes_before_one_that_asked_earlier(harness: BudgetHarness) -> None:
    harness.take_all(key=READS)
    harness.ask("progress", CallNeed.PROGRESS, NOW - 3600, READS)

    assert harness.ask("end", CallNeed.END, NOW, READS).before == 0
    assert harness.ask("progress", CallNeed.PROGRESS, NOW - 3600, READS).before == 1


def test_after_a_minute_a_waiter_counts_as_one_need_greater_but_never_goes_before_a_rollback(
    harness: BudgetHarness,
) -> None:
    harness.take_all(key=READS)
    for minute in range(7):
        while harness.now < NOW + 60 * minute:
            harness.now += 10
            harness.budget.note_throttled(READS)  # nobody is served
            harness.ask("background", CallNeed.BACKGROUND, NOW, READS)
        harness.ask("background", CallNeed.BACKGROUND, NOW, READS)
        before = {need: harness.ask(need.name, need, NOW + 600, READS).before for need in CallNeed}
        for need in CallNeed:
            harness.budget.leave(READS, need.name)
        goes_before = [need for need in CallNeed if before[need] == len(range(need))]
        assert goes_before == [need for need in CallNeed if need < max(1, 5 - minute)], minute


def test_those_that_do_not_come_back_lose_their_places(harness: BudgetHarness) -> None:
    harness.take_all()
    last = [harness.ask(f"ended{number:02}") for number in range(12)][-1]
    assert harness.ask("next", asked_at=NOW + 1).before == 12
    harness.budget.leave(REGISTER, "next")

    harness.now += last.seconds + 15.1
    assert harness.ask("next", asked_at=NOW + 1) == Turn(0)


def test_one_that_leaves_makes_place_at_once(harness: BudgetHarness) -> None:
    harness.take_all()
    harness.ask("gone")
    harness.budget.leave(REGISTER, "gone")

    assert harness.ask("next", asked_at=NOW + 1).before == 0


def test_a_token_that_was_not_needed_is_there_again(harness: BudgetHarness) -> None:
    harness.take_all()
    harness.budget.give_back(REGISTER)

    assert harness.take_all() == 1
    harness.budget.give_back(BucketKey("own", "eu-west-1", LIMITS_BY_NAME["sts"]))  # unknown by now: nothing


def test_after_aws_throttled_a_call_the_bucket_gives_half_for_a_minute(harness: BudgetHarness) -> None:
    harness.take_all(CallNeed.END, READS)
    harness.budget.note_throttled(READS)

    [state] = harness.budget.states()
    assert (state.tokens, state.slowed) == (0, True)
    harness.now += 1
    assert harness.take_all(key=READS) == 5
    harness.now += 58
    assert harness.take_all(key=READS) == 25, "half of the burst, too"
    harness.now += 2
    assert harness.take_all(key=READS) == 15, "a second at half the rate and one at the full one"
    [state] = harness.budget.states()
    assert not state.slowed


def test_accounts_regions_and_limits_have_buckets_of_their_own(harness: BudgetHarness) -> None:
    harness.take_all()

    other_account = BucketKey("210987654321", "eu-west-1", REGISTER.limit)
    other_region = BucketKey("own", "us-east-1", REGISTER.limit)
    assert [harness.ask("d", key=key).seconds for key in (other_account, other_region, READS)] == [0, 0, 0]
    assert sorted(each.key.name for each in harness.budget.states()) == [
        "210987654321/eu-west-1/task-definition-changes",
        "own/eu-west-1/service-reads",
        "own/eu-west-1/task-definition-changes",
        "own/us-east-1/task-definition-changes",
    ]


def test_a_clock_that_goes_back_gives_no_tokens(harness: BudgetHarness) -> None:
    harness.take_all()
    harness.now -= 600
    assert harness.take_all() == 0
    harness.now += 600
    assert harness.take_all() == 0


def test_without_a_clock_of_its_own_it_goes_by_that_of_redis(redis: Redis) -> None:
    budget = AwsBudget(redis)
    while budget.take(REGISTER, Waiter("d", CallNeed.RESTORE, NOW)).seconds == 0:
        pass

    seconds, micros = redis.time()
    at = float(redis.hget(redis_keys.aws_bucket(REGISTER.name)[0], "at") or 0)
    assert at / 1000 == pytest.approx(seconds + micros / 1e6, abs=5)


def test_everything_expires(harness: BudgetHarness) -> None:
    harness.take_all()
    harness.ask("waiting")

    keys = [key for key in redis_keys.aws_bucket(REGISTER.name) if harness.redis.exists(key)]
    assert len(keys) == 4
    assert all(0 < harness.redis.pttl(key) <= 3_660_000 for key in keys)


def test_a_bucket_that_is_used_does_not_expire(harness: BudgetHarness) -> None:
    bucket = redis_keys.aws_bucket(REGISTER.name)[0]
    harness.take_all()
    harness.redis.pexpire(bucket, 1000)

    for _ in range(10):
        harness.now += 200
        harness.ask("d")

    assert harness.redis.pttl(bucket) > 1_800_000


def test_every_limit_can_be_used_by_every_need() -> None:
    for limit in LIMITS:
        capacity = max(1, limit.burst // 2)
        assert all(int(capacity * share) < capacity for share in RESERVED_SHARES.values()), limit.name


class BudgetMachine(RuleBasedStateMachine):
    """Six workers ask for deploys of any need, at any time, in any order; some never come back."""

    redis: Redis

    @initialize()
    def begin(self) -> None:
        self.redis.flushall()
        self.harness = BudgetHarness(self.redis)
        self.granted: list[float] = []
        self.waiting: dict[str, tuple[CallNeed, float, float]] = {}
        """By holder: need, request time, when it is to come back."""
        self.count = 0

    @rule(need=st.sampled_from(CallNeed), ago=st.floats(0, 300))
    def ask_for_a_new_one(self, need: CallNeed, ago: float) -> None:
        self.count += 1
        self._ask(f"d{self.count}", need, round(self.harness.now - ago, 3))

    @rule(many=st.integers(1, 30))
    def ask_for_many(self, many: int) -> None:
        for _ in range(many):
            self.ask_for_a_new_one(CallNeed.CHANGE, 0)

    @rule(data=st.data(), workers=st.integers(1, 6))
    def workers_come_back(self, data: st.DataObject, workers: int) -> None:
        for _ in range(min(workers, len(self.waiting))):
            holder = data.draw(st.sampled_from(sorted(self.waiting)))
            self._ask(holder, *self.waiting[holder][:2])

    @rule(data=st.data())
    def one_never_comes_back(self, data: st.DataObject) -> None:
        if self.waiting:
            del self.waiting[data.draw(st.sampled_from(sorted(self.waiting)))]

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.harness.now += seconds

    @rule()
    def aws_throttles(self) -> None:
        self.harness.budget.note_throttled(REGISTER)

    def _ask(self, holder: str, need: CallNeed, asked_at: float) -> None:
        turn = self.harness.ask(holder, need, asked_at)
        if turn.seconds > 0:
            self.waiting[holder] = need, asked_at, self.harness.now + turn.seconds
            return
        self.waiting.pop(holder, None)
        self.granted.append(self.harness.now)

    @invariant()
    def the_budget_is_never_exceeded(self) -> None:
        for first, began in enumerate(self.granted):
            for last in range(first, len(self.granted)):
                allowed = 10 + 0.5 * (self.granted[last] - began + EPSILON)
                assert last - first + 1 <= allowed, f"{last - first + 1} in {self.granted[last] - began} s"

    def teardown(self) -> None:
        """All that still come back are served, with a bounded number of commands."""
        if not hasattr(self, "harness"):
            return
        self.harness.now += 3600  # those who have left are forgotten
        before = len(self.waiting)
        for holder, (need, asked_at, _) in sorted(self.waiting.items()):
            self._ask(holder, need, asked_at)
        rounds = 0
        while self.waiting:
            rounds += 1
            assert rounds <= 40 * (before + 1), f"{len(self.waiting)} are never served"
            holder, (need, asked_at, at) = min(self.waiting.items(), key=lambda item: item[1][2])
            self.harness.now = max(self.harness.now, at)
            self._ask(holder, need, asked_at)
        self.the_budget_is_never_exceeded()


def test_whatever_six_workers_do_the_budget_holds_and_all_are_served(redis: Redis) -> None:
    BudgetMachine.redis = redis
    run_state_machine_as_test(
        BudgetMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # shrinking takes minutes
        ),
    )


def test_a_thousand_asked_for_at_once_are_served_in_their_order_at_half_the_limit(
    harness: BudgetHarness,
) -> None:
    """Each asks again only when its turn comes: three commands for each, not a busy loop."""
    coming = {f"d{number:04}": NOW + number / 500 for number in range(1000)}
    due = dict.fromkeys(coming, NOW)
    order: list[str] = []
    granted: list[float] = []
    asked = 0
    while due:
        holder = min(due, key=lambda each: (due[each], coming[each]))
        harness.now = max(harness.now, due[holder])
        asked += 1
        turn = harness.ask(holder, asked_at=coming[holder])
        if turn.seconds == 0:
            del due[holder]
            order.append(holder)
            granted.append(harness.now)
        else:
            due[holder] = harness.now + turn.seconds

    assert order == sorted(coming)
    assert granted[-1] - NOW == pytest.approx((1000 - 8) * 2, abs=2), "8 at once, then one every two seconds"
    assert asked <= 3 * 1000


def test_a_token_that_nobody_waits_for_costs_four_commands_and_waiting_ends(
    harness: BudgetHarness,
) -> None:
    budget = AwsBudget(harness.redis)
    waiter = Waiter("d", CallNeed.CHANGE, NOW)
    budget.take(READS, waiter)
    assert commands_of(harness.redis, lambda: budget.take(READS, waiter)) == {
        "evalsha": 1,
        "time": 1,
        "hmget": 1,
        "hset": 1,
    }

    harness.take_all()
    first, second = harness.ask("first"), harness.ask("second", asked_at=NOW + 1)
    harness.now += second.seconds
    assert harness.ask("a third", asked_at=NOW + 2).before == 2, "the tokens belong to those who wait"
    harness.budget.leave(REGISTER, "a third")
    assert (first.before, second.before) == (0, 1)
    assert [harness.ask("first").seconds, harness.ask("second", asked_at=NOW + 1).seconds] == [0, 0]
    harness.now += 60
    assert "zadd" not in commands_of(harness.redis, lambda: harness.ask("a fourth"))
