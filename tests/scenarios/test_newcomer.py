"""Somebody who has read nothing opens the demo's page and deploys: within a minute, at the demo's own speed.

Each step leaves a picture in the folder that pytest prints with `-s`."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from slipway.commands import demo as demo_command
from slipway.demo.demo_environment import DemoEnvironment, start_demo
from tests.browser import browser_or_skip
from tests.sandbox.slack.page.slack_page import SlackPage

SPEED: float = inspect.signature(demo_command.demo).parameters["speed"].default
WITHIN_SECONDS = 60.0
"""From the opening of the page to the first success."""
MOST_TABS = 80
"""Between any two elements of the page (count)."""


browser = pytest.fixture(scope="module")(browser_or_skip)


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[DemoEnvironment]:
    with start_demo(speed=SPEED) as demo:
        yield demo


class Walk:
    """What a newcomer does, step by step: each has its time and ends with a picture."""

    def __init__(self, page: Page, demo: DemoEnvironment, folder: Path) -> None:
        self.page = page
        self.slack = SlackPage(page, demo.slack.url)
        self.times: list[str] = []
        self._folder = folder
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def step(self, name: str, within: float) -> Iterator[None]:
        """within: seconds."""
        self.page.set_default_timeout(within * 1000)
        expect.set_options(timeout=within * 1000)
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self.times.append(f"{name}: {took:.1f} of {within:.0f} s")
        self.page.screenshot(path=self._folder / f"{len(self.times)}-{name.replace(' ', '-')}.png")
        assert took <= within, self.times

    def ends(self) -> None:
        times = "\n".join([*self.times, f"all: {self.seconds:.1f} of {WITHIN_SECONDS:.0f} s"])
        (self._folder / "times.txt").write_text(times)
        print(f"\n{times}\nPictures: {self._folder}")  # noqa: T201
        assert self.seconds <= WITHIN_SECONDS, times


@contextmanager
def walk(browser: Browser, demo: DemoEnvironment, folder: Path, width: int, height: int) -> Iterator[Walk]:
    page = browser.new_page(viewport={"width": width, "height": height}, timezone_id="UTC")
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield Walk(page, demo, folder)
    page.close()
    assert failures == []


def test_the_command_alone_leads_to_a_first_deploy(
    browser: Browser, demo: DemoEnvironment, tmp_path: Path
) -> None:
    with walk(browser, demo, tmp_path, 1280, 800) as newcomer:
        page, slack = newcomer.page, newcomer.slack
        with newcomer.step("sees what to begin with", 10):
            page.goto(demo.page_url)
            begin = page.get_by_role("list", name="Begin here")
            expect(begin.get_by_role("listitem")).to_have_text(
                [
                    "Deploy a serviceOpens the form that /deploy alone opens",
                    "Home of SlipwayWhat the app shows you",
                    "/deploy web 1.4.2a rolling deploy of 3 tasks without downtime",
                    "/deploy web 1.5.0-crashit crashes; ECS rolls back; the thread says why",
                    "/deploy ledger 1.4.2needs an approval: become bob and press Approve",
                    "/deploy shop 1.4.2a canary that pauses: as bob, press Continue",
                    "/deploy plan site 1.4.2what a deploy takes from a newer revision of Terraform",
                ]
            )
        with newcomer.step("opens the form", 5):
            slack.say("/deploy")
            expect(slack.dialog.get_by_role("heading", name="Deploy")).to_be_visible()
        with newcomer.step("is told what is missing", 5):
            slack.button("Deploy").click()
            missing = slack.dialog.get_by_role("alert").first
            expect(missing).to_have_text("Please complete this required field.")
        with newcomer.step("searches for the service", 5):
            slack.choose("Service", "we", "web")
            expect(slack.dialog.get_by_role("button", name="Tag")).to_have_text("Search the tags of web")
        with newcomer.step("searches for the tag", 5):
            slack.choose("Tag", "1.4", "1.4.2")
        with newcomer.step("reads the plan", 10):
            slack.button("Deploy").click()
            expect(slack.dialog).to_contain_text("Plan of web 1.4.2, as of now. Nothing was changed.")
        with newcomer.step("deploys", 12):
            slack.button("Deploy").click()
            expect(slack.dialog).to_have_count(0)
            card = slack.message("web 1.4.0 → 1.4.2 on production by @alice")
            expect(card).to_be_visible()
        with newcomer.step("sees it succeed", 45):
            expect(card).to_contain_text("succeeded, 3 of 3 new tasks running")
        newcomer.ends()


def test_home_leads_to_a_first_deploy_on_a_phone(
    browser: Browser, demo: DemoEnvironment, tmp_path: Path
) -> None:
    with walk(browser, demo, tmp_path, 390, 844) as newcomer:
        page, slack = newcomer.page, newcomer.slack
        with newcomer.step("opens Home", 10):
            slack.open("dave")
            home = slack.open_home("Slipway")
            deploy = home.get_by_role("button", name="Deploy api")
            expect(deploy).to_be_visible()
        with newcomer.step("opens the form at the service", 5):
            deploy.click()
            expect(slack.dialog.get_by_role("button", name="Service")).to_have_text("api")
        with newcomer.step("searches for the tag", 5):
            slack.choose("Tag", "1.4", "1.4.2")
        with newcomer.step("reads the plan", 10):
            slack.button("Deploy").click()
            expect(slack.dialog).to_contain_text("Plan of api 1.4.2, as of now. Nothing was changed.")
        with newcomer.step("deploys", 12):
            slack.button("Deploy").click()
            expect(slack.dialog).to_have_count(0)
            expect(home.get_by_role("heading", name="Running")).to_be_visible()
        with newcomer.step("sees it succeed", 45):
            expect(home).to_contain_text("api 1.4.0 → 1.4.2 on production by @dave: succeeded")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
        newcomer.ends()


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab_to(self, wanted: Locator) -> None:
        """Tab, until it has the focus."""
        expect(wanted).to_be_visible()
        for _ in range(MOST_TABS):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no focus within {MOST_TABS} tabs: {wanted}")

    def choose(self, control: Locator, typed: str, option: str, *keys: str) -> None:
        """Opens a menu, searches in it, moves by these keys and takes what is there."""
        self.tab_to(control)
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(typed)
        expect(self.page.get_by_role("option").first).to_contain_text(typed)
        for key in keys:
            self.page.keyboard.press(key)
        field = self.page.get_by_role("combobox", name="Search")
        active = self.page.locator(f"#{field.get_attribute('aria-activedescendant')}")
        expect(active).to_contain_text(option)
        self.page.keyboard.press("Enter")
        expect(control).to_contain_text(option)
        expect(control).to_be_focused()


def test_the_form_needs_no_mouse(browser: Browser, demo: DemoEnvironment, tmp_path: Path) -> None:
    with walk(browser, demo, tmp_path, 1280, 800) as newcomer:
        page, slack, keyboard = newcomer.page, newcomer.slack, Keyboard(newcomer.page)
        page.goto(demo.page_url)
        slack.composer.wait_for()
        keyboard.tab_to(slack.composer)
        page.keyboard.type("/deploy")
        page.keyboard.press("Enter")
        service = slack.dialog.get_by_role("button", name=re.compile("^Service"))
        expect(service).to_be_focused()
        keyboard.choose(service, "bil", "billing")
        tag = slack.dialog.get_by_role("button", name=re.compile("^Tag"))
        expect(tag).to_have_text("Search the tags of billing")
        keyboard.choose(tag, "1.4", "1.4.2", *["ArrowDown", "ArrowUp"])
        keyboard.tab_to(slack.dialog.get_by_label("Why"))
        page.keyboard.type("by keyboard")
        keyboard.tab_to(slack.button("Deploy"))
        page.keyboard.press("Enter")
        expect(slack.dialog).to_contain_text("Plan of billing 1.4.2, as of now. Nothing was changed.")
        keyboard.tab_to(slack.button("Deploy"))
        page.keyboard.press("Enter")
        expect(slack.dialog).to_have_count(0)
        expect(slack.message("billing 1.4.0 → 1.4.2 on production by @alice")).to_be_visible()
