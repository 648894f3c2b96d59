"""How ECS's reasons begin if a task did not start, and the text that explains a reason."""

from __future__ import annotations

from tests.workers.ecs.reasons.stopped_task_builders import a_stopped_task, explain_tasks

PULL = "CannotPullContainerError: "
SET_UP = "ResourceInitializationError: "
SECRETS_OR_LOGIN = f"{SET_UP}unable to pull secrets or registry auth: "
START = "CannotStartContainerError: "
CHECK_NETWORK_PATH = "Check the subnet's route out (NAT or VPC endpoints), the security group and DNS."
SECRETS = "its secrets could not be fetched"
CONTAINER = "its container could not be started"
PASSES = "It may resolve itself; if it does not, ask AWS Support."


def explain_reason(reason: str, code: str = "TaskFailedToStart", started_by: str = "ecs-svc/1") -> str:
    (text,) = explain_tasks(a_stopped_task(code, reason, started_by=started_by))
    return text.removeprefix("1 task: ").partition(" ECS says: ")[0]
