"""The Home tab and the form."""

from __future__ import annotations

from typing import Any

from bot.forms.deploy_form import (
    FormOrigin,
    PlannedDeploy,
    deploy_form,
    plan_frame,
    reading_plan,
    refused_plan,
)
from bot.forms.reason_form import PressedButton, reason_form
from deploys.buttons import ReasonQuestion
from deploys.holds.service_freezes import ServiceFreeze
from deploys.queue_forecast import WaitingDeploy
from deploys.records.lock import Lock
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.rollback_offer import RollbackOffer
from tests.builders import NOW, a_plan, a_service
from tests.gallery.exhibit import Exhibit, Section, Surface
from tests.workers.thread.sample_deploys import ALICE, BOB, LATER, awaiting, following, rolling, sample_deploy
from workers.home.content import EndedRow, HomeContent, LockRow
from workers.home.view import home_view
from workers.messages.plan import plan_text

TEAM = "T01SLIPWAY"


def view_section() -> Section:
    """What is no message."""
    origin = FormOrigin(channel="C01DEPLOYS")
    planned = PlannedDeploy(origin=origin, service="web", tag="1.4.2", reason="fixes the login")
    plan = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": plan_text(rolling(), a_plan(), in_ecr=True)},
    }
    views = {
        "Home, of somebody who is needed": home_view(_busy(), LATER),
        "Home, of a newcomer": home_view(HomeContent(usual=("web",)), LATER),
        "the form": deploy_form(origin),
        "the form at a service": deploy_form(
            origin, a_service(), notes=("`1.4.0` runs now", "nothing waits")
        ),
        "the form, opened in no channel": deploy_form(FormOrigin(), a_service()),
        "the form after a refusal": deploy_form(
            origin, a_service(), refusal="`web` already runs `1.4.2` (digest unchanged)."
        ),
        "the plan in the form": {**plan_frame(planned), "blocks": [plan]},
        "the plan while it is read": reading_plan(planned, "p1"),
        "a button asks for a reason": reason_form(
            ReasonQuestion(
                "Override the freeze?",
                "`web` is frozen for now. `web` `1.4.2` goes on all the same. Its thread shows your reason.",
                "Override",
            ),
            PressedButton(action_id="deploy:override-freeze", value="k3m9p2qr.0"),
        ),
        "the plan after a refusal": refused_plan("`web` is locked by <@U02BOB0000>."),
    }
    return Section("Home and the form", [_view(title, each) for title, each in views.items()])


def _view(title: str, view: dict[str, Any]) -> Exhibit:
    return Exhibit(title, title, view["blocks"], surface=Surface.VIEW)


def _busy() -> HomeContent:
    ended = sample_deploy((Phase.ENDED, Outcome.SUCCEEDED))
    failed = sample_deploy((Phase.ENDED, Outcome.FAILED))
    lock = Lock(
        id="k3m9p2qr",
        target="web",
        services=("web",),
        owner=ALICE,
        reason="the migration runs",
        since=NOW,
        channel="C01DEPLOYS",
        team=TEAM,
    )
    return HomeContent(
        needs_you=[awaiting()],
        running=[following()],
        waiting=[WaitingDeploy(rolling(phase=Phase.WAITING, tag="1.5.0", plan=None), (following(),))],
        recent=[EndedRow(ended, RollbackOffer("1.4.0", "1.4.0")), EndedRow(failed)],
        locks=[LockRow(lock, is_own=True), LockRow(lock.evolve(target="api", owner=BOB), may_break=True)],
        freezes=[ServiceFreeze("ledger", "the end of the quarter", NOW + 3600)],
        freezes_soon=[("web", NOW + 86_400)],
        usual=("web", "ledger"),
        stopped=StopAll(
            id="k3m9p2qr", user=BOB, reason="the network is down", since=NOW, channel="C01DEPLOYS", team=TEAM
        ),
        may_resume=True,
        links={"k3m9p2qr": "https://slack.test/archives/C01DEPLOYS/p1"},
    )
