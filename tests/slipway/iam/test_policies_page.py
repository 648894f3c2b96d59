"""docs/iam.md has the policies that the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.iam.policies_page import update_page

PAGE = (Path(__file__).parents[3] / "docs" / "iam.md").read_text()


def test_the_page_is_up_to_date() -> None:
    assert update_page(PAGE) == PAGE, "run `make docs`"


def test_a_policy_that_is_out_of_date_is_written_again() -> None:
    stale = PAGE.replace('"ecs:ListTasks"', '"ecs:*"').replace('"sts:ExternalId": "EXTERNAL_ID"', "")

    assert stale != PAGE
    assert update_page(stale) == PAGE


def test_a_page_without_a_policy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has the policies \['workers'\], and not each of"):
        update_page(PAGE.replace("<!-- policy: trust -->", ""))
