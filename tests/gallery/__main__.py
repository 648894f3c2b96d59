"""Writes the gallery: `python -m tests.gallery build`."""

from __future__ import annotations

import sys
from pathlib import Path

from deploys.redis_connection import connect
from sandbox.slack import SlackSandbox
from sandbox.valkey import valkey
from tests.browser import NoBrowser, open_browser
from tests.gallery.collection import collect
from tests.gallery.drawing import draw, take_pictures
from tests.gallery.publishing import publish_cards
from tests.workers.thread.sample_deploys import LATER

MANIFEST = Path(__file__).parents[2] / "manifest.yml"


def main(folder: Path) -> int:
    """Exit code 1: there is no browser."""
    folder.mkdir(parents=True, exist_ok=True)
    gallery = folder / "gallery.html"
    try:
        with (
            open_browser() as browser,
            valkey() as server,
            connect(server.connection_url) as redis,
            SlackSandbox(MANIFEST, rate_limits=False) as slack,
        ):
            sections = publish_cards(collect(redis), redis, slack)
            gallery.write_text(draw(sections, browser, slack.url, LATER))
            pictures = take_pictures(gallery.resolve(), browser)
    except NoBrowser as error:
        sys.stderr.write(f"{error} The gallery is drawn by one: install Chromium.\n")
        return 1
    sys.stdout.write(f"{gallery}, and {len(pictures)} pictures beside it\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build")))
