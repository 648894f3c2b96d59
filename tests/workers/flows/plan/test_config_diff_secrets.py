"""The value of an environment variable never appears in the difference of two revisions."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploys.records.plan import NewerRevision
from tests.workers.ecs.task_definition_builders import a_revision, container
from tests.workers.flows.plan.config_diff_builders import (
    WEB,
    a_web_revision,
    difference_lines,
    environment_list,
)
from workers.ecs.state import RevisionState
from workers.flows.plan.config_diff import find_config_changes


def test_a_shown_text_that_is_also_the_value_of_a_variable_is_hidden_whole_or_in_part() -> None:
    long = "s3cret-" + "x" * 100
    old = a_web_revision(environment=environment_list(WHO="s3cret-user", LONG=long), user="s3cret-user")
    new = a_web_revision(environment=environment_list(WHO="s3cret-user", LONG=long), user=f"0{long}")

    assert difference_lines(old, new) == ["`web` user changed"]


def test_a_name_that_is_also_the_value_of_a_variable_is_hidden() -> None:
    old = a_web_revision(
        environment=environment_list(DATA="/s3cret/path"),
        mountPoints=[{"containerPath": "/s3cret/path", "readOnly": True}],
    )
    moved = a_web_revision(mountPoints=[{"containerPath": "/other", "readOnly": True}])
    opened = a_web_revision(mountPoints=[{"containerPath": "/s3cret/path", "readOnly": False}])

    assert difference_lines(old, moved) == [
        "`web` environment: `DATA` removed",
        "`web` mountPoints: `/other` added, `(not shown)` removed",
    ]
    assert difference_lines(old, opened)[1:] == ["`web` mountPoints: `true` → `false`"]


SECRETS = st.integers(0, 30).map(lambda number: f"zq{number:03d}qz-value")


NAMES = st.sampled_from(["A", "LOG_LEVEL", "PORT", "TOKEN"])


ENVIRONMENTS = st.dictionaries(NAMES, SECRETS, max_size=4)


TEXTS = st.one_of(SECRETS, st.sampled_from(["plain", "zq00", ""]))


@st.composite
def containers(draw: st.DrawFn) -> dict[str, Any]:
    """A container with the values of its variables in every other place where somebody could have put
    them."""
    more: dict[str, Any] = {
        "environment": environment_list(**draw(ENVIRONMENTS)),
        "command": draw(st.lists(TEXTS, max_size=2)),
        "user": draw(TEXTS),
        "hostname": draw(TEXTS),
        "dockerLabels": {"label": draw(TEXTS)},
        "logConfiguration": {"logDriver": draw(TEXTS), "options": {"option": draw(TEXTS)}},
        "mountPoints": [{"containerPath": draw(TEXTS), "readOnly": draw(st.booleans())}],
        "secrets": [{"name": "S", "valueFrom": draw(TEXTS)}],
        "healthCheck": {"command": [draw(TEXTS)]},
        "systemControls": [{"namespace": "net", "value": draw(TEXTS)}],
    }
    image = draw(st.sampled_from([WEB, f"nginx:{draw(SECRETS)}", "nginx:1"]))
    return container(draw(st.sampled_from(["web", "side"])), image, **more)


REVISIONS = st.lists(containers(), min_size=1, max_size=2, unique_by=lambda each: each["name"]).map(
    lambda found: a_revision(*found)
)


@given(REVISIONS, REVISIONS, st.booleans())
def test_no_value_of_a_variable_ever_appears(old: RevisionState, new: RevisionState, used: bool) -> None:
    values = {
        variable["value"]
        for revision in (old, new)
        for each in revision.raw["containerDefinitions"]  # type: ignore[attr-defined]
        for variable in each["environment"]
    }

    record = NewerRevision(revision="web:8", changes=find_config_changes(old, new, ["web"])).model_dump_json()
    text = "\n".join(difference_lines(old, new, used=used))

    assert not [value for value in values if value in text or value in record]
