"""The whole text of the card in every state."""

from __future__ import annotations

from deploys.records.phases import Outcome, Phase
from tests.workers.thread.sample_deploys import State

EXPECTED_CARDS: dict[State, str] = {
    (Phase.WAITING, None): """\
*web* `1.4.2` on production by <@U01ALICE00>:
*queued, starts now*
Why: fixes the login
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Withdraw]
""",
    (Phase.PLANNING, None): """\
*web* `1.4.2` on production by <@U01ALICE00>:
*planning, nothing changed yet*
Why: fixes the login
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Withdraw]
""",
    (Phase.AWAITING_APPROVAL, None): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*waiting for 1 approval*. Approve or reject it below
Planned downtime: about 1 min.
<@U02BOB0000> can approve until 2026-09-21 14:43 UTC.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
[Approve] [Reject] [⋯ Withdraw]
""",
    (Phase.REGISTERING, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*registering the new revision*
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Withdraw]
""",
    (Phase.RUNNING_PRE_TASK, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*running `python -m web migrate` before the rollout*
Running `python -m web migrate` before the rollout, 48 s so far, at most 10 min. The service is not \
touched yet.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Withdraw]
""",
    (Phase.RUNNING_COMMAND, None): """\
*web* command `rake -T` on production by <@U01ALICE00>:
*running the command*
Running `rake -T`, 1 min 35 s so far, at most 1 h.
In container `web` of `web:1` (`1.4.0`), in a task of its own.
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Stop the command]
""",
    (Phase.SCALING, None): """\
*web* scaling to 5 tasks on production by <@U01ALICE00>:
*setting the desired count*
Why: fixes the login
Application Auto Scaling (2 to 6 tasks) may change the count again at any time.
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Scale back]
""",
    (Phase.FOLLOWING_COUNT, None): """\
*web* scaling to 5 tasks on production by <@U01ALICE00>:
*scaling from 3 to 5 tasks, 4 of 5 tasks running*
Tasks: 4 running, 1 pending, 5 desired.
Why: fixes the login
Application Auto Scaling (2 to 6 tasks) may change the count again at any time.
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Scale back]
""",
    (Phase.RESTORING_COUNT, None): """\
*web* scaling to 5 tasks on production by <@U01ALICE00>:
*scaling back to 3 tasks*
Tasks: 4 running, 1 pending, 5 desired.
Reason: 4 of 5 tasks ran at the deadline of 20 min.
Why: fixes the login
Application Auto Scaling (2 to 6 tasks) may change the count again at any time.
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.UPDATING, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*starting the rollout*
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Roll back to 1.4.0]
""",
    (Phase.SAVING_RESTORE_POINT, None): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*saving the restore point*
Planned downtime: about 1 min.
Approved by <@U02BOB0000>.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
[Withdraw]
""",
    (Phase.STOPPING, None): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*stopping the old tasks*
Downtime so far: 55 s.
Approved by <@U02BOB0000>.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
[Roll back to 1.4.1]
""",
    (Phase.DRAINING, None): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*waiting for the old tasks to stop, 1 of 2 old tasks stopped*
1 old task not stopped yet:
• `11111111111111111111111111111111` is `DEACTIVATING` for 35 s: ECS prepares to stop it; behind a load \
balancer this takes the deregistration delay
Downtime so far: 55 s.
Approved by <@U02BOB0000>.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
[Roll back to 1.4.1]
""",
    (Phase.STARTING, None): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*starting the new tasks*
Downtime so far: 55 s.
Approved by <@U02BOB0000>.
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
[Roll back to 1.4.1]
""",
    (Phase.FOLLOWING, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolling out, 2 of 3 new tasks running*
New tasks: 2 running, 1 pending, 3 desired. Old tasks: 1 running, 0 pending.
2 new tasks failed; at 3 ECS's circuit breaker gives up.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Roll back to 1.4.0]
""",
    (Phase.CHECKING, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolled out, checking*
Checking, 30 s of 5 min so far: `https://web.example.com/health` answered 2 of 3 times, `web-5xx` \
quiet. Missed 1 in a row, last: 503 Service Unavailable.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Roll back to 1.4.0]
""",
    (Phase.FOLLOWING_EXTERNAL, None): """\
*web* external rollout to `1.4.2` (from `1.4.0`) on production, followed for <@U01ALICE00>:
*rolling out, 2 of 3 new tasks running*
New tasks: 2 running, 1 pending, 3 desired. Old tasks: 1 running, 0 pending.
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
[Stop following]
""",
    (Phase.RESTORING, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolling back to `1.4.0`*
Reason: the rollout did not finish within its deadline of 20 min.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.FOLLOWING_ROLLBACK, None): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolling back to `1.4.0`, 1 of 3 old tasks running*
New tasks: 2 running, 1 pending, 3 desired. Old tasks: 1 running, 0 pending.
Reason: the rollout did not finish within its deadline of 20 min.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, 1 min 35 s so far, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.SETTLING, Outcome.SUCCEEDED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*succeeded, 3 of 3 new tasks running*
I check once more, a little later, that this holds.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.SETTLING, Outcome.ROLLED_BACK): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolled back to `1.4.0`*
I check once more, a little later, that this holds.
Reason: the rollout did not finish within its deadline of 20 min.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.SETTLING, Outcome.FAILED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*failed, needs attention*. `/deploy status web` shows what runs
I check once more, a little later, that this holds.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.SETTLING, Outcome.SUPERSEDED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*superseded by somebody else's deployment*
I check once more, a little later, that this holds.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.SETTLING, Outcome.CANCELLED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*cancelled by <@U02BOB0000>, rolled back to `1.4.0`*
I check once more, a little later, that this holds.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.SUCCEEDED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*succeeded, 3 of 3 new tasks running*
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.ROLLED_BACK): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*rolled back to `1.4.0`*
Reason: the rollout did not finish within its deadline of 20 min.
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.FAILED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*failed, needs attention*. `/deploy status web` shows what runs
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.SUPERSEDED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*superseded by somebody else's deployment*
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.CANCELLED): """\
*web* `1.4.0` → `1.4.2` on production by <@U01ALICE00>:
*cancelled by <@U02BOB0000>, rolled back to `1.4.0`*
Why: fixes the login
`web`: `1.4.0` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.REJECTED): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*rejected by <@U02BOB0000>, nothing was changed*
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, took 1 min 30 s, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.EXPIRED): """\
*ledger* `1.4.1` → `1.4.2` on production by <@U01ALICE00>:
*expired: nobody decided in time, nothing was changed*
`ledger`: `1.4.1` → `1.4.2` (`sha256:aaaaaaaaaaaa`)
Deploy `w7x8y9zt`, stop-start, eu-west-1, requested 2026-09-21 14:13 UTC, took 30 min, \
<CONSOLE/ledger/health?region=eu-west-1|ECS>
""",
    (Phase.ENDED, Outcome.REFUSED): """\
*web* `1.4.2` on production by <@U01ALICE00>:
*refused, nothing was changed*
Reason: There is no image `web:9.9.9`.
Why: fixes the login
Deploy `k3m9p2qr`, rolling, eu-west-1, requested 2026-09-21 14:13 UTC, took 2 s, \
<CONSOLE/web/health?region=eu-west-1|ECS>
""",
}
"""Each state's whole `text`, and the buttons below it. A line break is added before the state."""
