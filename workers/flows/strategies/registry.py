"""Which module carries out which strategy of `services.yml`."""

from __future__ import annotations

from collections.abc import Mapping

from deploys.catalogue.service import Strategy
from deploys.records.deploy import Deploy
from workers.flows.strategies.native import Native
from workers.flows.strategies.rolling import Rolling
from workers.flows.strategies.stop_start import StopStart
from workers.flows.strategies.strategy import DeployStrategy

STRATEGIES: Mapping[Strategy, DeployStrategy] = {
    Strategy.ROLLING: Rolling(),
    Strategy.NATIVE: Native(),
    Strategy.STOP_START: StopStart(),
}
"""Every strategy that `services.yml` knows."""


def strategy_of(deploy: Deploy) -> DeployStrategy:
    """The strategy of the deploy's service, as it was when the deploy was requested."""
    return STRATEGIES[deploy.service.strategy]
