"""Who may, when: guests, shared channels, cancels, locks, the stop of all deploys, edits of the rules."""

from __future__ import annotations

from pathlib import Path

import yaml

from deploys import buttons
from deploys.records.phases import Outcome, Phase
from tests.bot.bot_harness import ALICE
from tests.scenarios.conversation import IN_SOCKET_MODE, WAIT_SECONDS, Conversation

DEPLOYERS = "@deployers, as `deployers` in `services.yml` says."


@IN_SOCKET_MODE
def test_who_is_not_allowed_changes_nothing_and_reads_why(slack: Conversation) -> None:
    answers, thread = slack.says("carol", "/deploy web 1.4.2")
    assert (answers, thread) == ([f"You may not deploy `web`. Those who may: {DEPLOYERS}"], None)

    answers, thread = slack.says("gina", "/deploy status web")
    assert thread is None
    assert answers[0].startswith("You are a guest of this workspace, and guests may do nothing with `web`")

    answers, thread = slack.says("alice", "/deploy web 1.4.2", channel="partners")
    assert thread is None
    assert answers[0].startswith("This channel is shared with another organisation")

    answers, thread = slack.says("fred", "/deploy web 1.4.2", channel="partners")
    assert thread is None
    assert answers[0].startswith("Only active members of this workspace may do something with `web`")

    rolling = slack.deploys("alice", "/deploy web 1.5.0-slow").reaches(Phase.FOLLOWING)
    answers, _ = slack.says("carol", "/deploy cancel web")
    assert answers[0].startswith("You may not roll back `web`.")
    assert rolling.record.cancel is None

    assert slack.says("dave", "/deploy cancel web")[0][0].startswith("Cancelling")
    assert rolling.ends().record.outcome is Outcome.CANCELLED
    rolling.settles()


@IN_SOCKET_MODE
def test_a_locked_service_waits_for_its_holder(slack: Conversation) -> None:
    slack.says("alice", "/deploy lock api for 2h checking the graphs")

    answers, thread = slack.says("dave", "/deploy api 1.4.2")
    assert (answers, thread) == (
        ["`api` is locked. @alice locked `api` (THEN, until THEN): checking the graphs. Nothing was queued."],
        None,
    )
    client, seen = slack.demo.slack, {each.id for each in slack.demo.store.recent("api", 100)}
    refusal = [each for each in client.messages("deploys", "dave") if each["ephemeral"]][-1]
    client.click("dave", buttons.QUEUE_BEHIND_LOCK, channel="deploys", ts=refusal["ts"])
    client.wait_until(
        lambda: [each for each in slack.demo.store.recent("api", 100) if each.id not in seen], WAIT_SECONDS
    )
    [waiting] = [each for each in slack.demo.store.recent("api", 100) if each.id not in seen]
    client.wait_until(lambda: (found := slack.demo.store.get(waiting.id)) and found.hold, WAIT_SECONDS)

    slack.says("alice", "/deploy unlock api")
    client.wait_until(
        lambda: (found := slack.demo.store.get(waiting.id)) and found.outcome is Outcome.SUCCEEDED,
        WAIT_SECONDS,
    )


@IN_SOCKET_MODE
def test_all_deploys_stop_until_they_may_go_on(slack: Conversation) -> None:
    slack.says("alice", "/deploy stop-all the database is slow")
    try:
        held = slack.deploys("alice", "/deploy web 1.4.1").card_says("the database is slow")
        assert held.record.phase in (Phase.WAITING, Phase.PLANNING)
    finally:
        slack.says("alice", "/deploy resume-all")

    assert held.ends().record.outcome is Outcome.SUCCEEDED


@IN_SOCKET_MODE
def test_approvals_that_are_asked_for_meanwhile_stop_a_deploy_that_waits(slack: Conversation) -> None:
    """services.yml is edited while the processes run. The bot reads it again, and so does a worker."""
    path = Path(slack.demo.process_env["SERVICES_FILE"])
    before = path.read_text()
    edited = yaml.safe_load(before)
    edited["services"]["web"]["approvals"] = 2

    def needs_two() -> bool:
        answers, _ = slack.says("carol", "/deploy access web")
        return "a deploy needs 2 approvals" in answers[0]

    slack.says("alice", "/deploy stop-all the database is slow")
    try:
        waiting = slack.deploys("alice", "/deploy web 1.4.2").card_says("the database is slow")
        assert not needs_two()
        path.write_text(yaml.safe_dump(edited, sort_keys=False))
        slack.demo.slack.wait_until(needs_two, WAIT_SECONDS)
        slack.says("alice", "/deploy resume-all")

        assert waiting.ends().replies[-1] == (
            "@alice Refused, nothing was changed: `services.yml` says something else about `web` than when "
            "this was requested: `approvals` was `0` and is `2` now. Ask for it again, so that it runs as "
            "`services.yml` says now."
        )
        path.write_text(yaml.safe_dump(edited, sort_keys=False).replace("approvals: 2", "aprovals: 2"))
        slack.demo.slack.wait_until(
            lambda: "`services.yml` was changed" in slack.says("dave", "/deploy status")[0][0], WAIT_SECONDS
        )
        assert needs_two(), "what is wrong changes nothing"
    finally:
        path.write_text(before)
        slack.says("alice", "/deploy resume-all")
    slack.demo.slack.wait_until(lambda: not needs_two(), WAIT_SECONDS)


@IN_SOCKET_MODE
def test_who_is_refused_has_somebody_called_who_may(slack: Conversation) -> None:
    slack.says("carol", "/deploy web 1.4.2 fixes the login")
    client, seen = slack.demo.slack, {each.id for each in slack.demo.store.recent("web", 100)}
    refusal = [each for each in client.messages("deploys", "carol") if each["ephemeral"]][-1]
    client.click("carol", buttons.ASK_SOMEBODY, channel="deploys", ts=refusal["ts"])

    def calls() -> list[str]:
        asking = "asks one of you to run `/deploy web 1.4.2`"
        return [each["ts"] for each in client.messages("deploys", "alice") if asking in each["text"]]

    client.wait_until(calls, WAIT_SECONDS)
    [ts] = calls()
    client.click("alice", buttons.RUN_ASKED, channel="deploys", ts=ts)

    def text() -> str:
        return next(each["text"] for each in client.messages("deploys", "alice") if each["ts"] == ts)

    client.wait_until(lambda: " ran `/deploy web 1.4.2`" in text(), WAIT_SECONDS)
    [run] = [each for each in slack.demo.store.recent("web", 100) if each.id not in seen]
    assert (run.request.reason, run.request.requester) == ("fixes the login", ALICE)
    client.wait_until(
        lambda: (found := slack.demo.store.get(run.id)) and found.phase is Phase.ENDED, WAIT_SECONDS
    )
