"""The page, as somebody uses it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page


class SlackPage:
    """Opens the page as a person, types and finds elements. `url` is the sandbox's address."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url.rstrip("/")

    def open(self, person: str, place: str = "") -> SlackPage:
        self.page.goto(f"{self.url}/sandbox/?as={person}{place}")
        self.page.locator(".composer-field, .home-body").first.wait_for()
        return self

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def reply(self, text: str) -> None:
        field = self.thread.get_by_role("combobox", name="Reply in thread")
        field.fill(text)
        field.press("Enter")

    def become(self, person: str) -> None:
        self.page.get_by_role("radio", name=person).click()

    def open_home(self, app: str) -> Locator:
        """The Home tab of the app; on a phone from the drawer."""
        channels = self.button("Channels")
        if channels.is_visible():
            channels.click()
        self.page.get_by_role("navigation", name="Channels and apps").get_by_role("button", name=app).click()
        return self.page.get_by_role("region", name="Home")

    def choose(self, menu: str, typed: str, option: str) -> None:
        """Searches in a menu of the open form and takes the option that begins so."""
        self.dialog.get_by_role("button", name=re.compile(f"^{menu}")).click()
        self.page.get_by_role("combobox", name="Search").press_sequentially(typed)
        self.page.get_by_role("option", name=option).first.click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def message(self, text: str) -> Locator:
        return self.page.locator(".centre .message", has_text=text)

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("combobox", name="Message #")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("complementary", name="Thread")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")
