"""A key is declared once: its check, its JSON Schema and its default come from that declaration."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ValidationError

from deploys.catalogue.key_declaration import Key, find_keys, find_nested_model, make_keys_model, nested_keys
from deploys.catalogue.text_values import ecs_name
from deploys.catalogue.value_kinds import BOOLEAN, choice_of, duration_between, list_kind


class Colour(StrEnum):
    BLUE = "blue"
    GREEN = "green"


class Paint(BaseModel):
    colour: Annotated[Colour, Key(choice_of(Colour, "a colour"), "The colour.", example="blue")]
    drying: Annotated[int, Key(duration_between("1m", "2h"), "How long it dries.", name="for")] = 600


class House(BaseModel):
    id: str
    street: Annotated[str, Key(ecs_name("a street"), "Where it is.")]
    rooms: Annotated[
        tuple[str, ...],
        Key(list_kind("names", ecs_name("a room"), "rooms"), "Its rooms.", default_text="one"),
    ] = ("hall",)
    painted: Annotated[bool, Key(BOOLEAN, "Whether it is painted.")] = False
    paint: Annotated[Paint | None, Key(nested_keys(Paint, "`colour`"), "Its paint.", default_text="none")] = (
        None
    )
    number: Annotated[str, Key(ecs_name("a number"), "Its number.", default_text="1", in_defaults=False)] = (
        "1"
    )


KEYS = make_keys_model(House, "HouseKeys", "A house.", all_optional=True)


def schema() -> dict[str, Any]:
    return KEYS.model_json_schema()


def test_only_annotated_fields_are_keys_and_they_keep_their_order() -> None:
    assert [name for name, _, _ in find_keys(House)] == ["street", "rooms", "painted", "paint", "number"]
    assert list(KEYS.model_fields) == ["street", "rooms", "painted", "paint", "number"]


def test_a_valid_mapping_is_read_into_what_the_record_keeps() -> None:
    found = KEYS.model_validate({"street": "main", "paint": {"colour": "green", "for": "1h30m"}})

    values = found.model_dump(exclude_unset=True)
    assert values == {"street": "main", "paint": {"colour": Colour.GREEN, "drying": 5400}}
    assert House(id="a", **values) == House(
        id="a", street="main", paint=Paint(colour=Colour.GREEN, drying=5400)
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"street": 5}, "`5` is a number; write the name of a street, in quotes if it looks like that."),
        (
            {"paint": {"colour": "gren"}},
            "`gren` is not a colour; write `blue` or `green`. Did you mean `green`?",
        ),
        (
            {"paint": {"colour": "blue", "for": "3h"}},
            "`3h` is out of range; anything from 1m to 2h is allowed.",
        ),
        ({"paint": None}, "there is no value; write `colour`, indented below it, or `{}` for none."),
        ({"size": 3}, "Extra inputs are not permitted"),
        ({"id": "a"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_value_is_explained(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        KEYS.model_validate(value)

    assert [each["msg"] for each in caught.value.errors()] == [message]


def test_the_schema_names_a_default_only_if_it_is_always_the_same() -> None:
    properties = schema()["properties"]

    assert properties["painted"]["default"] is False
    assert [key for key, each in properties.items() if "default" in each] == ["painted"]
    assert properties["street"]["description"] == "Where it is."
    assert schema()["description"] == "A house."
    assert "required" not in schema()


def test_a_nested_mapping_requires_what_its_record_requires_and_may_be_empty() -> None:
    nested = schema()["$defs"]["PaintKeys"]

    assert nested["required"] == ["colour"]
    assert (nested["properties"]["colour"]["examples"], nested["properties"]["for"]["default"]) == (
        ["blue"],
        600,
    )
    assert KEYS.model_validate({"paint": {}}).model_dump(exclude_unset=True) == {"paint": None}
    model = find_nested_model(KEYS, "paint")
    assert model is not None
    assert list(model.model_fields) == ["colour", "drying"]
    assert find_nested_model(KEYS, "street") is None


def test_a_key_that_may_not_be_a_default_is_left_out_of_the_defaults() -> None:
    defaults = make_keys_model(House, "Defaults", all_optional=True, only_defaults=True)

    assert "number" not in defaults.model_fields
    assert "street" in defaults.model_fields
