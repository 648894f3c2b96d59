"""What people see of rolling deploys, of one service and of two at once.

The order counts: the tests share the services of one demo.
"""

from __future__ import annotations

from deploys import buttons
from deploys.records.phases import Outcome, Phase
from deploys.stores import redis_keys
from tests.scenarios.conversation import IN_SOCKET_MODE, OVER_HTTP, WAIT_SECONDS, Conversation


def test_a_good_version(slack: Conversation) -> None:
    answers, thread = slack.says("alice", "/deploy web 1.4.2 fixes the login")
    assert answers == ["Queued: `web` `1.4.2` (deploy `ID`). Its thread follows here after the first checks."]
    assert thread is not None
    thread.ends()

    assert thread.card.splitlines()[0] == (
        "web `1.4.0` → `1.4.2` on production by @alice: succeeded, 3 of 3 new tasks running"
    )
    assert "fixes the login" in thread.card
    *replies, last = [reply for reply in thread.replies if not reply.startswith("Serving: ")]
    assert replies == [
        "Plan for `web`:\n"
        "• container `web`: `REGISTRY/web:1.4.0` → `REGISTRY/web:1.4.2`\n"
        "• image digest `sha256:DIGEST`, 60.9 MB, pushed THEN\n"
        "• 3 tasks before and after; revision `web:17` runs now\n"
        "• no downtime: ECS keeps 100 to 200 percent of the tasks while it replaces them",
        "Registered `web:18`; ECS rolls it out (deployment `ecs-svc/N`).",
    ]
    assert last.startswith("@alice Succeeded. `web` runs `1.4.2`: 3 tasks running, after SOME TIME.")


@OVER_HTTP
def test_a_version_that_crashes(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy api 1.5.0-crash").ends()

    assert thread.record.outcome is Outcome.ROLLED_BACK
    assert thread.card.splitlines()[0].endswith("by @alice: rolled back to `1.4.0`")
    ending = thread.replies[-1]
    assert ending.startswith("@alice Rolled back to `api:")
    assert "container `api` exited with code 1" in ending
    assert "Last lines of `api`:" in ending
    in_channel = [m["text"] for m in slack.demo.slack.messages("deploys")]
    assert any("*Rolled back* to `api:" in text for text in in_channel), "failures are broadcast"


@OVER_HTTP
def test_a_tag_that_does_not_exist(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy api 9.9.9")

    assert thread.refusal("alice") == (
        ":no_entry_sign: `api` `9.9.9`: Refused, nothing was changed: There is no image "
        "`REGISTRY/api:9.9.9`, so nothing was registered. The newest tags are `1.5.0`, `1.4.2`, "
        "`1.5.0-crash`, `1.5.0-unhealthy`, `1.5.0-slow`."
    )
    assert thread.record.outcome is Outcome.REFUSED
    answers, _ = slack.says("bob", "/deploy status api")
    assert "`api` `9.9.9` was refused" in answers[0]


@IN_SOCKET_MODE
def test_the_likely_tag_is_deployed_by_a_button(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy billing v1.4.2 new rates")
    assert "Did you mean `1.4.2`? The newest tags are" in thread.refusal("alice")
    client = slack.demo.slack
    [refused] = [m for m in client.messages("deploys", "alice") if "Did you mean" in m["text"]]

    client.click("alice", buttons.LIKELY_TAG, channel="deploys", ts=refused["ts"])

    newest = slack.demo.store.recent("billing", 1)[0]
    assert (newest.tag, newest.request.reason, newest.request.requester) == (
        "1.4.2",
        "new rates",
        thread.record.request.requester,
    )
    slack.says("alice", f"/deploy cancel {newest.id}")
    client.wait_until(lambda: not slack.demo.store.active(), 30)
    # Its thread goes before the one of whatever begins next, and Slack takes a message a second.
    client.wait_until(lambda: not slack.demo.redis.exists(redis_keys.PUBLISH), 30)


@IN_SOCKET_MODE
def test_somebody_who_may_not_deploy(slack: Conversation) -> None:
    answers, thread = slack.says("carol", "/deploy web 1.4.1")

    assert answers == [
        "You may not deploy `web`. Those who may: @deployers, as `deployers` in `services.yml` says."
    ]
    assert thread is None


@OVER_HTTP
def test_two_deploys_of_one_service_at_once(slack: Conversation) -> None:
    first = slack.deploys("alice", "/deploy api 1.4.1")
    answers, second = slack.says("dave", "/deploy api 1.4.2")
    assert second is not None
    assert answers == [
        "Queued: `api` `1.4.2` (deploy `ID`), number 2 in the queue of `api`, behind `1.4.1` by @alice. "
        "It is expected to start at about THEN. It starts by itself. Its thread follows here."
    ]

    assert first.ends().record.outcome is Outcome.SUCCEEDED
    assert second.ends().record.outcome is Outcome.SUCCEEDED
    assert second.card.splitlines()[0].startswith("api `1.4.1` → `1.4.2`")


@IN_SOCKET_MODE
def test_the_same_tag_asked_for_again_while_it_is_under_way(slack: Conversation) -> None:
    first = slack.deploys("alice", "/deploy web 1.4.1")
    first.reaches(Phase.FOLLOWING)

    answers, second = slack.says("dave", "/deploy web 1.4.1")

    assert second is None
    assert "LINK" in answers[0]
    first.ends()


@IN_SOCKET_MODE
def test_a_deploy_cancelled_while_it_rolls(slack: Conversation) -> None:
    thread = slack.deploys("alice", "/deploy web 1.5.0-slow").reaches(Phase.FOLLOWING)

    thread.press("alice", buttons.CANCEL).ends()

    assert thread.record.outcome is Outcome.CANCELLED
    assert thread.replies[-1].startswith("Cancelled by @alice: rolled back to `web:")


@IN_SOCKET_MODE
def test_help_names_this_workspaces_services(slack: Conversation) -> None:
    answers, _ = slack.says("carol", "/deploy help")

    for service in ("web", "api", "ledger", "billing"):
        assert f"`{service}`" in answers[0]


@IN_SOCKET_MODE
def test_a_mention_in_a_thread_makes_it_the_deploys_thread(slack: Conversation) -> None:
    root = slack.demo.slack.say("alice", "deploys", "the login is broken")["ts"]

    slack.demo.slack.say("alice", "deploys", "@slipway deploy billing 1.4.2", thread_ts=root)

    def replies(user: str) -> str:
        return "\n".join(m["text"] for m in slack.demo.slack.replies("deploys", root, user))

    slack.demo.slack.wait_until(lambda: "asks to deploy `billing` `1.4.2`" in replies("bob"), 60)
    slack.says("alice", "/deploy cancel billing")
    slack.demo.slack.wait_until(lambda: not slack.demo.store.active(), 30)


@IN_SOCKET_MODE
def test_a_mention_in_a_thread_is_refused_there_for_one_person(slack: Conversation) -> None:
    root = slack.demo.slack.say("alice", "deploys", "the login is broken again")["ts"]
    slack.demo.slack.say("bob", "deploys", "try the last one", thread_ts=root)

    slack.demo.slack.say("alice", "deploys", "@slipway deploy web 9.9.8", thread_ts=root)

    def replies(user: str) -> list[str]:
        return [m["text"] for m in slack.demo.slack.replies("deploys", root, user)]

    slack.demo.slack.wait_until(lambda: any("nothing was changed" in text for text in replies("alice")), 60)
    assert not any("nothing was changed" in text for text in replies("bob"))


@IN_SOCKET_MODE
def test_two_services_share_a_card_and_a_thread(slack: Conversation) -> None:
    answers, thread = slack.says("alice", "/deploy web, api 1.5.0 new prices")
    assert answers == [
        "Queued: `web` and `api` `1.5.0` (batch `ID`). The thread follows here after the first checks."
    ]
    assert thread is not None
    demo = slack.demo
    batch = demo.store.batch(thread.record.thread_id)
    assert batch is not None

    demo.slack.wait_until(
        lambda: thread.replies and thread.replies[-1].startswith("@alice Both"), WAIT_SECONDS
    )
    thread.card_says("both succeeded")

    card = thread.card.splitlines()
    assert card[0] == "web,api `1.5.0` on production by @alice: both succeeded"
    assert [line.partition(": ")[2] for line in card[1:3]] == [
        "succeeded, 3 of 3 new tasks running",
        "succeeded, 2 of 2 new tasks running",
    ]
    assert "Why: new prices" in card
    assert thread.replies[-1] == "@alice Both succeeded: `web,api` `1.5.0`, after SOME TIME."
    assert [reply.partition(":")[0] for reply in thread.replies if reply.startswith("Plan")] == [
        f"Plan for `{each.service.name}`"
        for each in sorted(demo.store.batch_deploys(batch), key=lambda each: each.thread_messages[0].at)
    ]
    assert [each.outcome for each in demo.store.batch_deploys(batch)] == [Outcome.SUCCEEDED] * 2
    roots = [message["text"] for message in demo.slack.messages("deploys")]
    cards = [text for text in roots if "web,api" in text and "`1.5.0` on production" in text]
    assert len(cards) == 1, roots


@OVER_HTTP
def test_another_count_and_a_command(slack: Conversation) -> None:
    scaled = slack.deploys("alice", "/deploy scale web 4 for the sale").ends()
    command = slack.deploys("alice", "/deploy run web -- python manage.py 'clear cache'").ends()

    assert scaled.card.splitlines()[0] == (
        "web scaling to 4 tasks on production by @alice: done, 4 of 4 tasks running"
    )
    assert scaled.replies[-1] == "@alice Scaled. `web` runs 4 tasks, after SOME TIME."
    assert command.card.splitlines()[0] == (
        "web command `python manage.py 'clear cache'` on production by @alice: done"
    )
    assert command.replies[-1].startswith(
        "@alice Done. `python manage.py 'clear cache'` exited with 0 after "
    )
    assert command.replies[-1].endswith("INFO python manage.py clear cache: done```")
    answers, _ = slack.says("alice", "/deploy run api -- ls")
    assert answers[0].startswith("You may not run commands in `api`. Those who may: nobody")
