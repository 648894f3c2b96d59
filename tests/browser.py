"""The browser in which tests, the gallery and the pictures of the README see the played Slack."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, since tests may run as root; no background requests; text that looks the same on all machines.
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--disable-lcd-text",
)


class NoBrowser(RuntimeError):
    """No browser is on the PATH."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser. Until it is closed, this process cannot use asyncio.run. Raises NoBrowser."""
    path = next(filter(None, map(shutil.which, BROWSER_NAMES)), None)
    if path is None:
        raise NoBrowser(f"No browser on this machine: none of {', '.join(BROWSER_NAMES)} is on the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


def browser_or_skip() -> Iterator[Browser]:
    """The body of a fixture."""
    try:
        with open_browser() as browser:
            yield browser
    except NoBrowser as missing:
        pytest.skip(str(missing))
