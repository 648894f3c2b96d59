from __future__ import annotations

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from deploys.records.approval import Decision, Verdict
from deploys.records.audit_entry import FIELDS
from deploys.records.phases import Outcome, Phase
from deploys.stores import audit, redis_keys
from deploys.stores.claims import Claim
from deploys.stores.deploy_store import DeployStore
from slipway.commands.audit import _fit
from tests.builders import ARN, NOW, a_batch, a_deploy, a_service, a_stop_start_service
from tests.slipway.whole_cli import app

BOB = "U02BOB0000"

pytestmark = pytest.mark.usefixtures("empty_workdir")


def run_audit(*arguments: str, redis_url: str = "") -> Result:
    return CliRunner().invoke(app, ["audit", *arguments], env={"REDIS_URL": redis_url} if redis_url else {})


@pytest.fixture
def store(redis: Redis) -> DeployStore:
    """A store at 14:13:20 UTC."""
    return DeployStore(redis, now=lambda: NOW)


def store_two_deploys(store: DeployStore) -> Claim:
    """One of ledger that bob approved, and one of web that has ended, with the claim that ended it."""
    ledger = store.submit(a_deploy(a_stop_start_service(), id="ledger22")).deploy
    approved = Decision(user=BOB, verdict=Verdict.APPROVED, at=NOW)
    store.amend(ledger.id, lambda it: it.evolve(approval={"decisions": (approved,)}), by=BOB, what="approved")
    web = store.submit(a_deploy(a_service("web"), id="web22222", tag="1.5.0")).deploy
    claim = store.claim(web.id, "worker", 60)
    assert claim is not None
    ended = claim.deploy.in_phase(
        Phase.ENDED, NOW, outcome=Outcome.SUCCEEDED, ecs={"new_revision": f"{ARN}:task-definition/web:18"}
    )
    store.commit(claim, ended, due_at=NOW, what="ended")
    return claim


def test_it_prints_the_newest_entries_in_columns_the_newest_last(store: DeployStore, redis_url: str) -> None:
    claimed = store_two_deploys(store)

    result = run_audit(redis_url=redis_url)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "time (UTC)           service  deploy    who         what       phase    tag    outcome    decided by"
        "  revision  fence",
        "2026-09-21 14:13:20  ledger   ledger22  U01ALICE00  requested  waiting  1.4.2  -          -         "
        "  -         -",
        "2026-09-21 14:13:20  ledger   ledger22  U02BOB0000  approved   waiting  1.4.2  -          U02BOB0000"
        "  -         -",
        "2026-09-21 14:13:20  web      web22222  U01ALICE00  requested  waiting  1.5.0  -          -         "
        "  -         -",
        "2026-09-21 14:13:20  web      web22222  slipway     ended      ended    1.5.0  succeeded  -         "
        f"  web:18    {claimed.fence}",
    ]


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("--service", "ledger"), ["requested", "approved"]),
        (("--deploy", "web22222"), ["requested", "ended"]),
        (("--deploy", "web22222", "--service", "web"), ["requested", "ended"]),
        (("--count", "1"), ["ended"]),
        (("--service", "ledger", "--count", "1"), ["approved"]),
    ],
)
def test_it_prints_what_was_asked_for(
    store: DeployStore, redis_url: str, arguments: tuple[str, ...], printed: list[str]
) -> None:
    store_two_deploys(store)

    lines = run_audit(*arguments, redis_url=redis_url).stdout.splitlines()[1:]

    assert [line.split()[5] for line in lines] == printed


def test_all_that_was_asked_for_at_once_is_found_by_its_batch_to_the_end(
    store: DeployStore, redis_url: str
) -> None:
    store_two_deploys(store)
    batch, members = a_batch(
        a_deploy(a_service("api"), id="api22222"), a_deploy(a_service("shop"), id="shop2222"), id="batch222"
    )
    store.submit_batch(batch, members)
    claim = store.claim("api22222", "worker", 60)
    assert claim is not None
    ended = claim.deploy.in_phase(Phase.ENDED, NOW, outcome=Outcome.FAILED)
    store.commit(claim, ended, due_at=NOW, what="ended")

    lines = run_audit("--batch", "batch222", redis_url=redis_url).stdout.splitlines()

    heading = [cell.strip() for cell in lines[0].split("  ") if cell.strip()]
    column = 1 + heading.index("batch")  # a time is two words
    assert [(*line.split()[2:4], line.split()[5], line.split()[column]) for line in lines[1:]] == [
        ("api", "api22222", "requested", "batch222"),
        ("shop", "shop2222", "requested", "batch222"),
        ("api", "api22222", "ended", "batch222"),
    ]
    assert "batch" not in run_audit("--deploy", "web22222", redis_url=redis_url).stdout


def test_what_is_far_back_is_found(
    store: DeployStore, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 2)
    store_two_deploys(store)
    for tag in range(5):
        store.submit(a_deploy(a_service("api"), tag=f"2.0.{tag}"))

    result = run_audit("--service", "ledger", redis_url=redis_url)

    assert [line.split()[5] for line in result.stdout.splitlines()[1:]] == ["requested", "approved"]
    assert len(run_audit(redis_url=redis_url).stdout.splitlines()) == 1 + 9


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--deploy", "nothing1"), "deploy nothing1"),
        (("--batch", "nothing1"), "batch nothing1"),
        (("--service", "wbe"), "service wbe"),
        (("--deploy", "web22222", "--service", "ledger"), "deploy web22222 of service ledger"),
    ],
)
def test_where_nothing_is_found_it_says_so(
    store: DeployStore, redis_url: str, arguments: tuple[str, ...], what: str
) -> None:
    store_two_deploys(store)

    result = run_audit(*arguments, redis_url=redis_url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"The audit trail has no entry of {what}. `slipway audit` shows the newest of all. The id of "
        "a deploy or batch is on its card, the name of a service in services.yml.\n"
    )


def test_an_empty_trail_is_called_empty(redis: Redis, redis_url: str) -> None:
    result = run_audit(redis_url=redis_url)

    assert result.exit_code == 1
    assert result.stderr == "The audit trail is empty: nothing has been requested yet.\n"


def test_without_redis_it_says_what_is_missing() -> None:
    unset, unreachable = run_audit(), run_audit(redis_url="redis://127.0.0.1:9/0")

    assert (unset.exit_code, unreachable.exit_code) == (2, 2)
    assert "REDIS_URL is not set." in unset.stderr
    assert unreachable.stderr.startswith("Redis does not answer at REDIS_URL (")


@pytest.mark.parametrize("count", ["0", "10001", "all"])
def test_a_count_out_of_bounds_is_refused(count: str) -> None:
    result = run_audit("--count", count)

    assert result.exit_code == 2
    assert "--count" in result.stderr


def test_nothing_in_an_entry_commands_the_terminal(store: DeployStore, redis_url: str) -> None:
    store.submit(
        a_deploy(
            id="web22222", tag="1.4\x1b]0;title\x07.2\u202e\n\x1b[2J", request={"requester": "U01\x9b31m"}
        )
    )

    result = run_audit(redis_url=redis_url)

    [_, entry] = result.stdout.splitlines()
    assert entry.split() == [
        "2026-09-21",
        "14:13:20",
        "web",
        "web22222",
        "U01",
        "requested",
        "waiting",
        "1.4.2",
    ]


def test_nothing_in_a_question_commands_the_terminal_either(redis_url: str) -> None:
    result = run_audit("--deploy", "x\x1b[31m", redis_url=redis_url)

    assert "has no entry of deploy x. " in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (("--who", BOB), ["approved"]),
        (("--who", "slipway"), ["ended"]),
        (("--who", BOB, "--since", "2h"), ["approved"]),
        (("--since", "2020-01-01", "--service", "web"), ["requested", "ended"]),
        (("--since", "2020-01-01T10:00+02:00", "--service", "web"), ["requested", "ended"]),
    ],
)
def test_it_prints_what_one_person_did_and_since_when(
    store: DeployStore, redis_url: str, arguments: tuple[str, ...], printed: list[str]
) -> None:
    store_two_deploys(store)

    lines = run_audit(*arguments, redis_url=redis_url).stdout.splitlines()[1:]

    assert [line.split()[5] for line in lines] == printed


def test_entries_before_the_time_are_left_out(redis: Redis, redis_url: str) -> None:
    for age, what in ((7200, "old"), (60, "new")):
        at = int((time.time() - age) * 1000)
        redis.xadd(redis_keys.AUDIT, {"at": "1", "who": "U1", "what": what}, id=f"{at}-0")

    [line] = run_audit("--since", "1h", "--format", "json", redis_url=redis_url).stdout.splitlines()

    assert json.loads(line)["what"] == "new"


@pytest.mark.parametrize(
    ("since", "error"), [("yesterday", "is no time"), ("2h30", "is no time"), ("2999-01-01", "still to come")]
)
def test_a_time_that_is_none_is_refused(since: str, error: str) -> None:
    result = run_audit("--since", since)

    assert result.exit_code == 2
    assert error in " ".join(result.stderr.replace("│", " ").split())


def test_all_fields_are_in_json_and_csv(store: DeployStore, redis_url: str) -> None:
    store_two_deploys(store)
    written = audit.trail(store.redis)

    as_json = run_audit("--format", "json", redis_url=redis_url).stdout.splitlines()
    as_csv = list(csv.DictReader(io.StringIO(run_audit("--format", "csv", redis_url=redis_url).stdout)))

    assert [json.loads(line) for line in as_json] == written
    assert as_csv == written


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@sum(A1)", "  =1"])
def test_a_spreadsheet_runs_nothing_of_a_csv(store: DeployStore, redis_url: str, value: str) -> None:
    store.submit(a_deploy(request={"reason": value}))

    [row] = csv.DictReader(io.StringIO(run_audit("--format", "csv", redis_url=redis_url).stdout))

    assert row["why"].startswith("'")
    assert row["why"].endswith(value.strip())


@pytest.mark.parametrize("width", [40, 100, 120, 200, None])
def test_the_table_leaves_out_columns_that_do_not_fit(
    store: DeployStore, redis_url: str, width: int | None
) -> None:
    store_two_deploys(store)

    lines = _fit(audit.trail(store.redis), width).splitlines()

    assert max(map(len, lines)) <= max(width or 1000, 80)
    assert ("fence" in lines[0]) is (width in (200, None))


def test_the_docs_name_every_field_in_its_order() -> None:
    page = (Path(__file__).parents[3] / "docs" / "audit.md").read_text()
    table = page.partition("| fields | meaning |")[2].partition("\n\n")[0]

    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert tuple(named) == ("id", *FIELDS)
