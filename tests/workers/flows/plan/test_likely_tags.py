"""Which tag may have been meant by one that is not there."""

from __future__ import annotations

from difflib import SequenceMatcher

import pytest

from deploys.catalogue import suggestions
from deploys.records.phases import Outcome
from deploys.records.request import Verb
from deploys.records.thread_messages import ThreadMessageKind
from tests.workers.engine_harness import EngineHarness
from workers.flows.plan.likely_tags import did_you_mean, find_likely_tags

COMMIT = "3f2a91c0d4b5e6f70819a2b3c4d5e6f708192a3b"


@pytest.mark.parametrize(
    ("wanted", "there", "likely"),
    [
        # a `v`, capitals
        ("v1.4.2", ["1.5.0", "1.4.2"], ("1.4.2",)),
        ("1.4.2", ["v1.5.0", "v1.4.2"], ("v1.4.2",)),
        ("V1.4.2", ["v1.4.2"], ("v1.4.2",)),
        ("1.4.2-RC1", ["1.4.2-rc1"], ("1.4.2-rc1",)),
        ("v2", ["2", "V2"], ("2", "V2")),
        ("Latest", ["1.4.2", "latest"], ("latest",)),
        # commit ids
        (COMMIT, ["1.4.2", COMMIT[:7]], (COMMIT[:7],)),
        (COMMIT[:7], ["1.4.2", COMMIT], (COMMIT,)),
        (COMMIT[:12], [COMMIT[:8]], (COMMIT[:8],)),
        (COMMIT[:8].upper(), [COMMIT], (COMMIT,)),
        (COMMIT, [f"sha-{COMMIT[:7]}"], (f"sha-{COMMIT[:7]}",)),
        (f"git-{COMMIT[:9]}", [COMMIT], (COMMIT,)),
        (COMMIT[:6], [COMMIT], ()),  # git shortens to seven at least
        (COMMIT[:7], ["3f2a91d" + COMMIT[7:]], ()),
        # nearly the same, with the same numbers
        ("1.4.2-rc1", ["1.4.2-rc.1"], ("1.4.2-rc.1",)),
        ("relaese-7", ["release-7", "release-8"], ("release-7",)),
        ("lates", ["latest"], ("latest",)),
        # another version was not meant
        ("1.4.3", ["1.4.2", "1.4.1"], ()),
        ("1.4.20", ["1.4.2"], ()),
        ("1.4", ["1.4.0"], ()),
        ("9.9.9", ["1.5.0", "1.4.2"], ()),
        # the likeliest first, the newest first among equals, three at most, each once
        ("v1.4.2", ["1.4.2-b", "1.4.2", "V1.4.2"], ("1.4.2", "V1.4.2", "1.4.2-b")),
        ("1.0-a", ["1.0-b", "1.0-c", "1.0-d", "1.0-e"], ("1.0-b", "1.0-c", "1.0-d")),
        ("1.4.2", [], ()),
    ],
)
def test_which_tags_are_likely(wanted: str, there: list[str], likely: tuple[str, ...]) -> None:
    assert find_likely_tags(wanted, there) == likely


def test_ten_thousand_tags_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    class Counting(SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append(self)
            return super().ratio()

    monkeypatch.setattr(suggestions, "SequenceMatcher", Counting)

    find_likely_tags("v1.4.2", [f"1.{n}.{n % 7}" for n in range(10_000)])

    assert len(compared) < 10


@pytest.mark.parametrize(
    ("likely", "expected"),
    [((), ""), (("1.4.2",), "Did you mean `1.4.2`?"), (("2", "V2"), "Did you mean `2` or `V2`?")],
)
def test_the_question(likely: tuple[str, ...], expected: str) -> None:
    assert did_you_mean(likely) == expected


def test_a_missing_tag_is_answered_with_the_likely_one_first(harness: EngineHarness) -> None:
    deploy = harness.until_over(harness.request_deploy("web", "v1.4.2"))

    assert (deploy.outcome, deploy.refusal.likely_tags) == (Outcome.REFUSED, ("1.4.2",))
    assert harness.thread_text(deploy.id, ThreadMessageKind.END).endswith(
        "/web:v1.4.2`, so nothing was registered. Did you mean `1.4.2`? The newest tags are `1.5.0`, "
        "`1.4.2`, `1.5.0-crash`, `1.5.0-unhealthy`, `1.5.0-slow`."
    )


def test_a_rollback_to_an_unknown_version_is_too(harness: EngineHarness) -> None:
    harness.until_over(harness.request_deploy("web", "1.4.1"))
    harness.until_over(harness.request_deploy("web", "1.4.2"))

    deploy = harness.until_over(harness.request_verb(Verb.ROLLBACK, "web", "v1.4.1"))

    assert (deploy.outcome, deploy.refusal.likely_tags) == (Outcome.REFUSED, ("1.4.1",))
    assert deploy.outcome_reason == (
        "No deploy of `web` that succeeded has the tag or id `v1.4.1`. Did you mean `1.4.1`? Known tags: "
        "`1.4.2`, `1.4.1`. Any tag in the registry can be deployed with `/deploy web TAG`."
    )


def test_a_restart_offers_no_other_version(harness: EngineHarness) -> None:
    image = harness.ecs_client.describe_task_definition(taskDefinition="web:17")["taskDefinition"]
    ecr = harness.ecs.client("ecr")
    ecr.batch_delete_image(repositoryName="web", imageIds=[{"imageTag": "1.4.0"}])

    deploy = harness.until_over(harness.request_verb(Verb.RESTART, "web"))

    assert image["containerDefinitions"][0]["image"].endswith("web:1.4.0")
    assert (deploy.outcome, deploy.refusal.likely_tags) == (Outcome.REFUSED, ())
