// Block Kit: one function for each kind of block.

import { el, freshId } from "../dom.js";
import { element, unknown } from "../elements/elements.js";
import { image } from "../elements/image.js";
import { richText } from "../text/rich-text.js";
import { textObject } from "../text/text-nodes.js";
import { chart } from "./chart.js";
import { dataTable } from "./data-table.js";
import { plan, taskCard } from "./plan.js";
import { table } from "./table.js";

const KINDS = {
  section,
  header,
  divider: () => el("hr"),
  context,
  actions,
  image: picture,
  input,
  rich_text: (block, surface) => el("div.rich-text", {}, richText(block, surface.ui)),
  table: (block, surface) => table(block, surface.ui),
  data_table: (block, surface) => dataTable(block, surface.ui),
  data_visualization: (block) => chart(block),
  plan: (block, surface) => plan(block, surface.ui),
  task_card: (block, surface) => taskCard(block, surface.ui),
};

/** The blocks of a message or view as one node. */
export function blocks(described, surface) {
  return el(
    "div.blocks",
    {},
    described.map((block) => one(block, surface)),
  );
}

function one(block, surface) {
  const show = KINDS[block.type];
  const node = show ? show(block, surface) : unknown(block.type);
  node.classList.add("block", `block-${block.type.replaceAll("_", "-")}`);
  if (block.block_id) node.dataset.blockId = block.block_id;
  return node;
}

function section(block, surface) {
  const body = el(
    "div.section-body",
    {},
    block.text && el("div.text", {}, textObject(block.text, surface.ui)),
    block.fields &&
      el(
        "div.fields",
        {},
        block.fields.map((field) => el("div.text", {}, textObject(field, surface.ui))),
      ),
  );
  const accessory = block.accessory && el("div.accessory", {}, element(block.accessory, block, surface));
  const wide = ["radio_buttons", "checkboxes"].includes(block.accessory?.type);
  return el("div", { class: wide ? "stacked" : "" }, body, accessory);
}

function header(block, surface) {
  return el("h3", {}, textObject(block.text, surface.ui));
}

function context(block, surface) {
  return el(
    "div",
    {},
    block.elements.map((item) =>
      item.type === "image"
        ? image(item, "context-image")
        : el("span.text", {}, textObject(item, surface.ui)),
    ),
  );
}

function actions(block, surface) {
  return el(
    "div",
    {},
    block.elements.map((item) => element(item, block, surface)),
  );
}

function picture(block, surface) {
  return el(
    "figure",
    {},
    block.title && el("figcaption", {}, textObject(block.title, surface.ui)),
    image(block, "wide-image"),
  );
}

function input(block, surface) {
  const field = element(block.element, block, surface);
  field.id = freshId("field");
  const labelId = freshId("label");
  const words = [
    textObject(block.label, surface.ui),
    block.optional && el("span.optional", {}, " (optional)"),
  ];
  const label = el("label.input-label", { id: labelId, for: field.id }, words);
  // The name of a select includes its choice; screen readers read the value of other fields anyway.
  field.setAttribute("aria-labelledby", field.matches("button") ? `${labelId} ${field.id}` : labelId);
  const hint =
    block.hint && el("p.input-hint", { id: freshId("hint") }, textObject(block.hint, surface.ui));
  if (hint) field.setAttribute("aria-describedby", hint.id);
  return el("div", {}, label, field, hint);
}
