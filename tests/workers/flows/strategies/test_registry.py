"""Every strategy of services.yml has every part, and nothing else tells them apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bot
import deploys
import slipway
import workers
from deploys.catalogue.service import Strategy
from tests.builders import a_deploy, a_service
from workers.flows.strategies.registry import STRATEGIES, strategy_of
from workers.flows.strategies.strategy import DeployStrategy

PARTS = [name for name in vars(DeployStrategy) if not name.startswith("_")]
NAMES_A_STRATEGY = re.compile(r"\bStrategy\.(?:ROLLING|NATIVE|STOP_START)\b")
MAY_NAME_ONE = {"deploys/catalogue", "slipway/iam", "slipway/services_draft", "workers/flows/strategies"}
"""Where services.yml is read and written, where permissions are listed, and where the strategies are."""
RECOVERY = "workers/orphan_recovery.py"
"""Makes the record of a lost deploy, which was a stop-start one: only those leave tags behind."""


def test_every_strategy_is_carried_out_by_a_module_of_its_own() -> None:
    assert set(STRATEGIES) == set(Strategy)
    assert len({type(each).__module__ for each in STRATEGIES.values()}) == len(Strategy)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_strategy_has_every_part(strategy: Strategy) -> None:
    assert PARTS
    assert [part for part in PARTS if not hasattr(STRATEGIES[strategy], part)] == []
    assert strategy_of(a_deploy(service=a_service(strategy=strategy))) is STRATEGIES[strategy]


def test_no_other_module_tells_the_strategies_apart() -> None:
    naming = set()
    for package in (bot, deploys, slipway, workers):
        root = Path(str(package.__file__)).parent
        for path in root.rglob("*.py"):
            name = path.relative_to(root.parent).as_posix()
            if NAMES_A_STRATEGY.search(path.read_text(encoding="utf-8")):
                naming.add(next((each for each in MAY_NAME_ONE if name.startswith(f"{each}/")), name))

    assert naming == MAY_NAME_ONE | {RECOVERY}
