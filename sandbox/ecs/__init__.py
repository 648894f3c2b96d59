"""An ECS region on this machine: moto in server mode, its ECS given a real service scheduler.

with EcsSandbox(speed=10) as ecs:
    ecs.client("ecs").update_service(cluster="production", service="web", forceNewDeployment=True)
"""

import sandbox.ecs.lean  # noqa: F401 - before anything imports moto

# isort: split

from sandbox.ecs.clock import ManualClock
from sandbox.ecs.pace import Lifetimes
from sandbox.ecs.place import ACCOUNT, REGION
from sandbox.ecs.sandbox import EcsSandbox

__all__ = ["ACCOUNT", "REGION", "EcsSandbox", "Lifetimes", "ManualClock"]
