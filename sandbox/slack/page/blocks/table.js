// Table blocks. The first row is the header.

import { el } from "../dom.js";
import { richText } from "../text/rich-text.js";

export function table(block, ui) {
  const [head, ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cells = (row, tag) =>
    row.map((cell, i) =>
      el(
        tag,
        { class: [`align-${settings[i]?.align ?? "left"}`, settings[i]?.is_wrapped ? "wrapped" : ""].join(" ") },
        content(cell, ui),
      ),
    );
  return el(
    "div",
    { tabindex: 0, role: "group", "aria-label": "Table" },
    el(
      "table",
      {},
      head && el("thead", {}, el("tr", {}, cells(head, "th"))),
      el(
        "tbody",
        {},
        rows.map((row) => el("tr", {}, cells(row, "td"))),
      ),
    ),
  );
}

/** What a cell shows. */
export function content(cell, ui) {
  if (cell.type === "rich_text") return richText(cell, ui);
  return String(cell.text ?? cell.value ?? "");
}
