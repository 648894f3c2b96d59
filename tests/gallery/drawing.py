"""Draws exhibits with the sandbox's own page in a browser, and takes pictures of the result."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser

import sandbox.slack
from tests.gallery.exhibit import Exhibit, Section

PAGE_FOLDER = Path(sandbox.slack.__file__).parent / "page"
WIDTHS = (1280, 390)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EXHIBITS_IN_A_PICTURE = 24
"""The first of each section (count): browsers take no pictures of any length."""

DRAW = """async ([exhibits, channel]) => {
  const load = (path) => import(`/sandbox/page/${path}`);
  const [{ Ui }, { Workspace }, api, { messageRow }, { blocks }, { Surface }] = await Promise.all(
    ["ui.js", "workspace.js", "api/control-api.js", "messages/message.js", "blocks/blocks.js",
      "elements/surface.js"].map(load));
  const pane = () => document.createElement("div");
  const ui = new Ui({ centre: pane(), right: pane(), frame: () => {} });
  ui.workspace = new Workspace(await api.workspace("alice"));
  const around = { ui, channel, thread: null, follows: false, surfaces: new Map() };
  const author = { user: ui.workspace.app.bot_user_id, bot_id: "B0GALLERY" };
  return exhibits.map((each, number) => {
    if (each.view) return blocks(each.blocks, new Surface(ui, { view_id: `V${number}` })).outerHTML;
    const ts = `${each.at}.${String(number).padStart(6, "0")}`;
    const { text, ephemeral } = each;
    return messageRow({ ts, text, blocks: each.blocks, ephemeral, ...author }, around).outerHTML;
  });
}"""

STYLE = """
html, body { height: auto; }
body { display: block; overflow: visible; background: var(--pane, Canvas); }
.gallery { max-width: 1240px; margin: 0 auto; padding: 16px; }
.gallery h1 { font-size: 26px; margin: 8px 0; }
.gallery h2 { font-size: 19px; margin: 34px 0 10px; }
.gallery nav { columns: 16em; }
.exhibits { display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); }
.exhibit { margin: 0; min-width: 0; border: 1px solid color-mix(in srgb, currentColor 18%, transparent);
  border-radius: 8px; overflow: hidden; }
.exhibit figcaption { padding: 5px 12px; font-size: 12.5px; overflow-wrap: anywhere;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.exhibit ol { list-style: none; margin: 0; padding: 0; }
.exhibit > .blocks { padding: 12px 16px; }
.exhibit .toolbar { display: none; }
"""


def draw(sections: Sequence[Section], browser: Browser, slack_url: str, at: float) -> str:
    """The page. at: when the messages were written (epoch seconds)."""
    page = browser.new_page(timezone_id="UTC")
    page.goto(f"{slack_url.rstrip('/')}/sandbox/?as=alice")
    page.locator(".composer-field").first.wait_for()
    given = [_as_json(each, at) for section in sections for each in section.exhibits]
    drawn = iter(page.evaluate(DRAW, [given, "C01DEPLOYS"]))
    page.close()
    return _page([(section, [next(drawn) for _ in section.exhibits]) for section in sections])


def _as_json(exhibit: Exhibit, at: float) -> dict[str, Any]:
    return {
        "text": exhibit.text,
        "blocks": list(exhibit.blocks),
        "view": exhibit.surface is exhibit.surface.VIEW,
        "ephemeral": exhibit.private,
        "at": int(at),
    }


def _page(sections: Sequence[tuple[Section, Sequence[str]]]) -> str:
    total = sum(len(drawn) for _, drawn in sections)
    links = "".join(
        f'<li><a href="#{_anchor(section)}">{escape(section.title)}</a> ({len(drawn)})</li>'
        for section, drawn in sections
    )
    shown = "".join(_section(section, drawn) for section, drawn in sections)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>Slipway in Slack</title>'
        f'<style>{_styles()}{STYLE}</style></head><body><main class="gallery"><h1>Slipway in Slack</h1>'
        f"<p>Everything that Slipway says: {total} messages and views, from the code, with sample values. "
        f"Nothing here can be pressed.</p><nav><ul>{links}</ul></nav>{shown}</main></body></html>\n"
    )


def _section(section: Section, drawn: Sequence[str]) -> str:
    figures = "".join(
        f'<figure class="exhibit"><figcaption>{escape(exhibit.title)}</figcaption>{_listed(html)}</figure>'
        for exhibit, html in zip(section.exhibits, drawn, strict=True)
    )
    return f'<section id="{_anchor(section)}"><h2>{escape(section.title)}</h2>{_rows(figures)}</section>'


def _rows(figures: str) -> str:
    return f'<div class="exhibits">{figures}</div>'


def _listed(html: str) -> str:
    return f"<ol>{html}</ol>" if html.startswith("<li") else html


def _anchor(section: Section) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in section.title.lower()).split())


def _styles() -> str:
    return "\n".join(each.read_text() for each in sorted((PAGE_FOLDER / "styles").glob("*.css"), key=_order))


def _order(sheet: Path) -> int:
    """Its place in the sandbox's page."""
    return (PAGE_FOLDER / "index.html").read_text().index(f"/{sheet.name}")


def take_pictures(gallery: Path, browser: Browser) -> list[Path]:
    """PNG files beside the page: the beginning of each section, in light and dark, wide and as on a phone."""
    taken = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(gallery.as_uri())
            for name in page.evaluate(SECTION_NAMES):
                page.evaluate(SHOW_ONLY, [name, EXHIBITS_IN_A_PICTURE])
                path = gallery.with_name(f"{gallery.stem}-{scheme}-{width}-{name}.png")
                page.screenshot(path=path, full_page=True)
                taken.append(path)
            page.close()
    return taken


SECTION_NAMES = "() => [...document.querySelectorAll('section')].map((section) => section.id)"
SHOW_ONLY = """([name, most]) => {
  document.querySelectorAll("h1, h1 ~ p, nav").forEach((each) => (each.hidden = true));
  document.querySelectorAll("section").forEach((each) => (each.hidden = each.id !== name));
  const shown = document.getElementById(name).querySelectorAll(".exhibit");
  shown.forEach((each, number) => (each.hidden = number >= most));
}"""
