// Data table blocks: the first row is the header, which sorts; the others come in pages.

import { el } from "../dom.js";
import { content } from "./table.js";

const DEFAULT_PAGE_SIZE = 5;

export function dataTable(block, ui) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = block.page_size ?? DEFAULT_PAGE_SIZE;
  const state = { page: 0, column: null, descending: false };
  const node = el("div", {});

  function show() {
    const sorted = state.column === null ? rows : [...rows].sort(compare);
    const shown = sorted.slice(state.page * size, (state.page + 1) * size);
    node.replaceChildren(
      el(
        "div.table-scroll",
        { tabindex: 0, role: "group", "aria-label": block.caption },
        el(
          "table",
          {},
          el("caption", {}, block.caption),
          el("thead", {}, el("tr", {}, head.map(heading))),
          el("tbody", {}, shown.map(row)),
        ),
      ),
    );
    if (rows.length > size) node.append(pages());
  }

  function heading(cell, column) {
    const sorts = state.column === column ? (state.descending ? "descending" : "ascending") : null;
    const press = () => {
      state.descending = sorts === "ascending";
      state.column = column;
      state.page = 0;
      show();
    };
    return el(
      "th.align-left",
      { scope: "col", "aria-sort": sorts },
      el("button.sort", { type: "button", on: { click: press } }, content(cell, ui)),
    );
  }

  function row(cells) {
    const first = block.row_header_column_index ?? 0;
    return el(
      "tr",
      {},
      cells.map((cell, column) => {
        const side = cell.type === "raw_number" ? "align-right" : "align-left";
        return column === first
          ? el(`th.${side}`, { scope: "row" }, content(cell, ui))
          : el(`td.${side}`, {}, content(cell, ui));
      }),
    );
  }

  function pages() {
    const last = Math.ceil(rows.length / size) - 1;
    const turn = (by) => () => {
      state.page += by;
      show();
    };
    const from = state.page * size + 1;
    return el(
      "div.table-pages",
      {},
      el(
        "button.btn.small",
        { type: "button", disabled: state.page === 0, on: { click: turn(-1) } },
        "Previous",
      ),
      el("span", {}, `${from} to ${Math.min(from + size - 1, rows.length)} of ${rows.length}`),
      el(
        "button.btn.small",
        { type: "button", disabled: state.page === last, on: { click: turn(1) } },
        "Next",
      ),
    );
  }

  function compare(left, right) {
    const [a, b] = [sortValue(left[state.column]), sortValue(right[state.column])];
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return state.descending ? -order : order;
  }

  show();
  return node;
}

/** What a cell is sorted by: its number, its first date, or its text. */
function sortValue(cell) {
  if (cell.type === "raw_number") return cell.value;
  if (cell.type !== "rich_text") return cell.text ?? "";
  const parts = (cell.elements ?? []).flatMap((section) => section.elements ?? []);
  const date = parts.find((part) => part.type === "date");
  return date ? date.timestamp : parts.map((part) => part.text ?? part.user_id ?? "").join("");
}
