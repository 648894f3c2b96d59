"""The button that opens the form. The bot answers a press itself, since only a press lets it open a modal."""

from __future__ import annotations

from deploys.buttons.button import Button

OPEN_FORM = "form:open"
ANY_SERVICE = "*"


def open_form_button(service: str = "", label: str = "Open the form", *, spoken: str = "") -> Button:
    """Opens the form, at this service if one is named. spoken: what screen readers say, if not the label."""
    return Button(OPEN_FORM, label, service or ANY_SERVICE, accessibility_label=spoken)


def service_of(value: str) -> str:
    """The service that such a button names; empty: none."""
    return "" if value == ANY_SERVICE else value
