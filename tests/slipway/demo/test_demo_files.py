"""The files that the demo works with."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploys.catalogue.catalogue import load_catalogue
from slipway.demo.demo_files import SHORTEST_DEADLINE_SECONDS, find_example_file, write_services_file


@pytest.mark.parametrize(
    ("speed", "web", "ledger"),
    [(5, 240, 120), (0.1, 1200, 600), (100, SHORTEST_DEADLINE_SECONDS, SHORTEST_DEADLINE_SECONDS)],
)
def test_deadlines_fit_an_ecs_so_many_times_faster_and_all_else_stays(
    tmp_path: Path, speed: float, web: int, ledger: int
) -> None:
    example, made = load_catalogue(find_example_file()), load_catalogue(write_services_file(tmp_path, speed))

    assert (made.services["web"].deadline, made.services["ledger"].deadline) == (web, ledger)
    assert {name: each.model_copy(update={"deadline": 0}) for name, each in made.services.items()} == {
        name: each.model_copy(update={"deadline": 0}) for name, each in example.services.items()
    }
    assert made.service_group_names == example.service_group_names
