"""What somebody should have a look at."""

from __future__ import annotations

from collections.abc import Sequence

from deploys.deploy import Deploy
from deploys.mrkdwn import code, plural
from workers.flows.words import lingering, reasons
from workers.flows.words.measures import duration, short


def restoring_waits(deploy: Deploy, now: float) -> str:
    timeout = lingering.stop_timeout(deploy)
    tasks = ", ".join(lingering.named(task, timeout, now) for task in deploy.alive)
    return (
        f"*Needs a look*: tasks do not stop, so the old version cannot start without running beside them: "
        f"{tasks}. I keep waiting; stop them by hand if you know that they do no work."
    )


def count_does_not_hold(count: int) -> str:
    return (
        f"*Needs a look*: something keeps setting the desired count to {count} while I stop the new tasks, "
        "so the old version cannot start without running beside them. I keep setting it to 0. Look at what "
        "scales the service and suspend it."
    )


def zero_again(revision: str, count: int) -> str:
    return (
        "*Needs a look*: something keeps setting the desired count to 0 while I bring back "
        f"{code(short(revision))}, so none of its tasks runs. I keep setting it to {count}. Look at what "
        "scales or stops the service."
    )


def does_not_hold(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    text = (
        f"*Needs a look*: the way back does not hold. I set {code(short(revision))}, and the service is at "
        f"{code(short(deploy.new_revision))} again. I set it again and again, for {duration(seconds)} in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def goes_away_again(deploy: Deploy, revision: str, seconds: float, causes: Sequence[str]) -> str:
    """The same, where somebody was asked to look already."""
    text = (
        f"The way back does not hold: the service is at {code(short(deploy.new_revision))} again. I set "
        f"{code(short(revision))} again and again, for {duration(seconds)} in all."
    )
    return "\n".join([text, *(f"• {cause}" for cause in causes)])


def still_trying(what: str, attempts: int) -> str:
    return (
        f"*Needs a look*: {reasons.without_promise(what)} (tried {plural(attempts, 'time')}; I keep trying.)"
    )


def found_at_zero(count: int) -> str:
    return (
        f"*Needs a look*: the service was found with desired count 0 after the end. I set it back to {count}."
    )


def left_at_zero() -> str:
    return (
        "*Needs a look*: the desired count is 0 again, after I had set it back. Somebody may want it so, "
        "and I leave it there."
    )


def found_new(revision: str) -> str:
    back = code(short(revision))
    return (
        f"*Needs a look*: a late call moved the service to the new revision again. I set it back to {back}."
    )


def recorded_deleted(deploy: Deploy, recorded: str, at: str) -> str:
    return f"*Needs a look*: {reasons.recorded_deleted(deploy, recorded, at)}"


def moved_again(revision: str, at: str) -> str:
    return (
        f"*Needs a look*: the service is at {code(short(at))} again, after I had set {code(short(revision))} "
        "back, so it is no late call of mine that moves it. I leave it there. Look at the service's events."
    )


def copy_lost_fields(revision: str, copy: str, fields: Sequence[str]) -> str:
    """The recorded revision was deregistered, and this boto3 cannot copy all of it."""
    old = code(short(revision))
    return (
        f"*Needs a look*: {old} was deregistered meanwhile, so I bring it back as a copy, "
        f"{code(short(copy))}. The copy lacks what this version of boto3 does not know: "
        f"{', '.join(code(field) for field in fields)}. Compare it with {old}, and upgrade boto3 where the "
        "workers run."
    )


def tag_left(tag: str, what: str) -> str:
    return f"The mark {code(tag)} could not be taken off the ECS service: {reasons.without_promise(what)}"


def not_settled(what: str, *, goes_on: bool) -> str:
    """goes_on: the service was stopped for the deploy, so it is looked at until a look succeeds."""
    found = f"*Needs a look*: I could not check that the end held. {reasons.without_promise(what)}"
    return f"{found} Look at the service's revision and count.{' I keep trying.' if goes_on else ''}"
