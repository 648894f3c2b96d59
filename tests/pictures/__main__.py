"""Writes the pictures of the README: `python -m tests.pictures docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from slipway.demo.demo_environment import DemoEnvironment, start_demo
from tests.browser import NoBrowser, open_browser
from tests.sandbox.slack.page.slack_page import SlackPage

SPEED = 12.0
PATIENCE_MS = 60_000
"""For anything that the page has to show."""
WIDE: ViewportSize = {"width": 1180, "height": 840}
NARROW: ViewportSize = {"width": 780, "height": 740}
PHONE: ViewportSize = {"width": 390, "height": 880}


def main(folder: Path) -> int:
    """Exit code 1: there is no browser."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open_browser() as browser, start_demo(speed=SPEED) as demo:
            written = take_pictures(browser, demo, folder)
    except NoBrowser as error:
        sys.stderr.write(f"{error} The pictures are taken by one: install Chromium.\n")
        return 1
    sys.stdout.writelines(f"{path}, {path.stat().st_size // 1000} kB\n" for path in written)
    return 0


def take_pictures(browser: Browser, demo: DemoEnvironment, folder: Path) -> list[Path]:
    """Alice fills in the form and deploys; dave approves, and looks at Home."""
    # Times in UTC, no spinning, no blinking caret: two runs differ in ids and times alone.
    page = browser.new_page(viewport=WIDE, timezone_id="UTC", locale="en-US", reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    slack = SlackPage(page, demo.slack.url)
    _run_first_version(demo)
    taken = [
        _form(slack, folder),
        _thread(slack, folder),
        _approval(slack, folder),
        _home(slack, folder),
    ]
    page.close()
    return taken


def _run_first_version(demo: DemoEnvironment) -> None:
    """Only what Slipway deployed itself can be brought back by *Roll back to*."""
    demo.slack.say("dave", "deploys", "/deploy web 1.4.1")
    done = "web* `1.4.0` → `1.4.1`"
    demo.slack.wait_until(
        lambda: [
            each
            for each in demo.slack.messages("deploys")
            if done in each["text"] and "succeeded" in each["text"]
        ],
        PATIENCE_MS / 1000,
    )


def _form(slack: SlackPage, folder: Path) -> Path:
    slack.open("alice").page.set_viewport_size(NARROW)
    slack.say("/deploy")
    slack.choose("Service", "we", "web")
    tag = slack.dialog.get_by_role("button", name="Tag")
    expect(tag).to_have_text("Search the tags of web")
    tag.click()
    slack.page.get_by_role("combobox", name="Search").press_sequentially("1.4")
    expect(slack.page.get_by_role("option", name="1.4.0")).to_be_visible()
    picture = _take(slack.page, folder / "form.png")
    slack.page.get_by_role("option", name="1.4.2").click()
    slack.dialog.get_by_label("Why").fill("fixes the login")
    slack.button("Deploy").click()
    expect(slack.dialog).to_contain_text("Plan of web")
    slack.button("Deploy").click()
    expect(slack.dialog).to_have_count(0)
    return picture


def _thread(slack: SlackPage, folder: Path) -> Path:
    slack.page.set_viewport_size(WIDE)
    card = slack.message("web 1.4.1 → 1.4.2 on production by @alice: succeeded")
    card.locator(".thread-link").click()
    expect(slack.thread).to_contain_text("Succeeded.")
    return _take(slack.page, folder / "thread.png")


def _approval(slack: SlackPage, folder: Path) -> Path:
    slack.button("Close thread").click()
    slack.say("/deploy ledger 1.4.2 the new rates")
    slack.become("dave")
    card = slack.message("ledger 1.4.0 → 1.4.2 on production by @alice: waiting for 1 approval")
    expect(card.get_by_role("button", name="Approve")).to_be_visible()
    slack.page.set_viewport_size(NARROW)
    return _take(card, folder / "approval.png")


def _home(slack: SlackPage, folder: Path) -> Path:
    slack.page.set_viewport_size(PHONE)
    home = slack.open_home("Slipway")
    expect(home.get_by_role("button", name="Approve")).to_be_visible()
    expect(home.get_by_role("button", name="back to 1.4.1")).to_be_visible()
    return _take(slack.page, folder / "home.png")


def _take(shown: Page | Locator, path: Path) -> Path:
    (shown if isinstance(shown, Page) else shown.page).mouse.move(0, 0)  # away from what shows more below it
    shown.screenshot(path=path, animations="disabled", caret="hide")
    return path


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")))
