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
from deploys import buttons
from deploys.buttons import ReasonQuestion
from deploys.buttons.override_freeze import override_freeze_question
from deploys.buttons.override_refused import override_question
from deploys.holds.service_freezes import ServiceFreeze
from deploys.mrkdwn import mention
from deploys.queue_forecast import WaitingDeploy
from deploys.records.hold import Hold, HoldKind
from deploys.records.lock import Lock
from deploys.records.phases import Outcome, Phase
from deploys.records.stop_all import StopAll
from deploys.rollback_offer import RollbackOffer
from tests.builders import NOW, a_plan, a_service
from tests.deploys.test_choices import refused_request
from tests.gallery.exhibit import Exhibit, Section, Surface
from tests.workers.thread.sample_deploys import ALICE, BOB, LATER, awaiting, following, rolling, sample_deploy
from tests.workers.thread.test_pause_card import paused
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
        "home_view: of somebody who is needed": home_view(_busy(), LATER),
        "home_view: of a newcomer": home_view(HomeContent(usual=("web",)), LATER),
        "home_view: of somebody who may deploy nothing": home_view(HomeContent(), LATER),
        "home_view: a pause while all deploys are stopped": home_view(
            HomeContent(needs_you=[paused()], usual=("shop",), stopped=_busy().stopped), LATER
        ),
        "home_view: services.yml is wrong, and a record was lost": home_view(
            HomeContent(
                usual=("web",),
                catalogue_note="`services.yml` has a mistake since 14:13 UTC; the one before counts.",
                lost_deploys=["`ledger` was stopped for a deploy whose record is lost."],
            ),
            LATER,
        ),
        "home_view: shortened, as Slack refused more": home_view(_busy(), LATER, most=1),
        "deploy_form: at no service": deploy_form(origin),
        "deploy_form: at a service": deploy_form(
            origin, a_service(), notes=("`1.4.0` runs now", "nothing waits")
        ),
        "deploy_form: opened in no channel": deploy_form(FormOrigin(), a_service()),
        "deploy_form: after a refusal": deploy_form(
            origin, a_service(), refusal="`web` already runs `1.4.2` (digest unchanged)."
        ),
        "plan_frame: with its plan": {**plan_frame(planned), "blocks": [plan]},
        "reading_plan: while it is read": reading_plan(planned, "p1"),
        **{
            f"reason_form: {action_id}": reason_form(
                question, PressedButton(action_id=action_id, value="k3m9p2qr.0")
            )
            for action_id, question in _reason_questions().items()
        },
        "refused_plan: after a refusal": refused_plan("`web` is locked by <@U02BOB0000>."),
    }
    return Section("Home and the form", [_view(title, each) for title, each in views.items()])


def _reason_questions() -> dict[str, ReasonQuestion]:
    """By the button that asks."""
    hold = Hold(kind=HoldKind.FREEZE, sentence="`web` is frozen until 18:00 UTC: the end of the quarter.")
    refused = refused_request("ServiceFrozen", {"facts": {"why": hold.sentence}})
    return {
        buttons.OVERRIDE_FREEZE: override_freeze_question(rolling(phase=Phase.WAITING, hold=hold)),
        buttons.OVERRIDE_REFUSED: override_question(refused),
        buttons.RUN_ASKED: override_question(refused, mention(ALICE)),
    }


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
