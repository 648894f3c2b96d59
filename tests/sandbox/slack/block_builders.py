"""Short builders of blocks and elements."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

DIVIDER: Json = {"type": "divider"}
RICH_SECTION: Json = {
    "type": "rich_text_section",
    "elements": [{"type": "text", "text": "x", "style": {"bold": True}}],
}


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def header(text: Json) -> Json:
    return {"type": "header", "text": text}


def section(**parts: Any) -> Json:
    return {"type": "section", **parts}


def context(*elements: Any) -> Json:
    return {"type": "context", "elements": list(elements)}


def actions(*elements: Json, **parts: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **parts}


def input_block(element: Json | None, label: str = "x") -> Json:
    return {"type": "input", "label": plain(label), "element": element}


def image(**parts: Any) -> Json:
    return {"type": "image", **parts}


def rich_text(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def task_card(**parts: Any) -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Pull the image", "status": "complete", **parts}


def plan(*tasks: Json, **parts: Any) -> Json:
    return {"type": "plan", "tasks": list(tasks), **parts}


def button(action_id: str = "go", **parts: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **parts}


def button_with_confirm(**parts: Any) -> Json:
    """A button whose confirm dialog has these parts."""
    return button(
        confirm={"title": plain(), "text": plain(), "confirm": plain("Yes"), "deny": plain("No"), **parts}
    )


def option(value: str = "a", **parts: Any) -> Json:
    return {"text": plain("A"), "value": value, **parts}


def options(count: int, **parts: Any) -> list[Json]:
    return [option(str(number), **parts) for number in range(count)]


def select(**parts: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **parts}


def overflow(count: int) -> Json:
    return {"type": "overflow", "action_id": "more", "options": options(count)}


def checkboxes(count: int) -> Json:
    return {"type": "checkboxes", "action_id": "tick", "options": options(count)}


def raw(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def number(value: Any = 1) -> Json:
    return {"type": "raw_number", "value": value, "text": str(value)}


def data_table(*rows: Any, **parts: Any) -> Json:
    return {"type": "data_table", "caption": "x", "rows": list(rows), **parts}


def series(name: str = "a", *labels: str) -> Json:
    return {"name": name, "data": [{"label": label, "value": 1} for label in labels or ("x",)]}


def chart(*drawn: Json, kind: str = "bar", categories: Any = ("x",), **axes: Any) -> Json:
    return {
        "type": "data_visualization",
        "title": "x",
        "chart": {
            "type": kind,
            "series": list(drawn),
            "axis_config": {"categories": list(categories), **axes},
        },
    }


def pie(*values: Any, label: str = "x") -> Json:
    segments = [{"label": label, "value": value} for value in values]
    return {"type": "data_visualization", "title": "x", "chart": {"type": "pie", "segments": segments}}
