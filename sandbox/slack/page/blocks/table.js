// Tables; the first row is the head.

import { el } from "../dom.js";
import { richText } from "../words/richtext.js";

export function table(block, desk) {
  const [head, ...rows] = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const cells = (row, tag) =>
    row.map((cell, i) =>
      el(
        tag,
        { class: [settings[i]?.align ?? "left", settings[i]?.is_wrapped ? "wrapped" : ""].join(" ") },
        content(cell, desk),
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

function content(cell, desk) {
  if (cell.type === "rich_text") return richText(cell, desk);
  return String(cell.text ?? cell.value ?? "");
}
