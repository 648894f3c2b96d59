"""A browser, a sandbox with a small app, and the page as one person sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from sandbox.slack import SlackSandbox
from tests.browser import browser_or_skip
from tests.sandbox.slack.page.slack_page import SlackPage
from tests.sandbox.slack.page.small_app import EXAMPLES, MANIFEST, running_small_app

TIMEOUT_MS = 15_000


# For these files only: while Playwright runs, no other test of this process can use asyncio.run.
browser = pytest.fixture(scope="package")(browser_or_skip)


# Sandbox and app last as long; each test uses texts of its own.
@pytest.fixture(scope="package")
def slack(browser: Browser) -> Iterator[SlackSandbox]:
    with SlackSandbox(MANIFEST, rate_limits=False, examples=EXAMPLES) as slack:
        yield slack


@pytest.fixture(scope="package")
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
