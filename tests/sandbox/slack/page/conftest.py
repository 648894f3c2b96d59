"""A browser, a sandbox with a small app, and the page as one person sees it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.sandbox.slack.page.slack_page import SlackPage
from tests.sandbox.slack.page.small_app import MANIFEST, running_small_app

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_MS = 15_000
# No sandbox, since tests may run as root, and no background requests.
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, BROWSER_NAMES)), None)
    if path is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(BROWSER_NAMES)} is on the PATH")
    # For one module only: while Playwright runs, no other test of this process can use asyncio.run.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


# Sandbox and app last for the module too; each test uses texts of its own.
@pytest.fixture(scope="module")
def slack(browser: Browser) -> Iterator[SlackSandbox]:
    with SlackSandbox(port=0, manifest=MANIFEST, rate_limits=False) as slack:
        yield slack


@pytest.fixture(scope="module")
def app(slack: SlackSandbox) -> Iterator[WebClient]:
    with running_small_app(slack) as client:
        yield client


@pytest.fixture
def page(browser: Browser, slack: SlackSandbox) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(TIMEOUT_MS)
    expect.set_options(timeout=TIMEOUT_MS)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    page.close()
    assert failures == []


@pytest.fixture
def slack_page(page: Page, slack: SlackSandbox) -> SlackPage:
    return SlackPage(page, slack.url)
