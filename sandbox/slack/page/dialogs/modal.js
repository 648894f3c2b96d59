// The modals that the app has opened for this person: a stack whose top is shown.

import { el } from "../dom.js";
import { blocks as showBlocks } from "../blocks/blocks.js";
import { Surface } from "../elements/surface.js";
import { withEmoji } from "../text/emoji.js";
import * as api from "../api/control-api.js";
import { dialog, open, closeDialog } from "./dialog.js";
import { inputErrors } from "./input-errors.js";

export class Modals {
  constructor(ui) {
    this.ui = ui;
    this.box = null;
    this.view = null;
    this.surfaces = new Map();
  }

  /** Shows the top of the stack, or nothing if it is empty. Entered values are kept. */
  show(stack) {
    for (const id of this.surfaces.keys())
      if (!stack.some((view) => view.id === id)) this.surfaces.delete(id);
    const top = stack.at(-1);
    if (!top) return this.#drop();
    if (this.view?.id === top.id && this.view.hash === top.hash && this.box) return undefined;
    return this.#show(top);
  }

  #drop() {
    if (this.box) closeDialog(this.box);
    this.box = null;
    this.view = null;
  }

  #show(view) {
    const surface = this.surfaces.get(view.id) ?? new Surface(this.ui, { view_id: view.id });
    this.surfaces.set(view.id, surface);
    surface.keepOnly(view.blocks);
    const focusKey = this.view?.id === view.id ? document.activeElement?.dataset?.focusKey : undefined;
    const before = this.box;
    this.view = view;
    this.surface = surface;
    this.box = this.#build(view);
    if (before) closeDialog(before);
    open(this.box);
    this.#focus(focusKey);
  }

  #build(view) {
    const closer = el(
      "button.btn.plain",
      { type: "button", on: { click: () => this.#close() } },
      words(view.close, "Cancel"),
    );
    const sender = el(
      "button.btn.primary",
      { type: "submit", form: "modal-form" },
      words(view.submit, "Submit"),
    );
    const submit = (event) => (event.preventDefault(), this.#submit(sender));
    const form = el(
      "form",
      { id: "modal-form", novalidate: true, on: { submit } },
      showBlocks(view.blocks, this.surface),
    );
    form.addEventListener("keydown", (event) => this.#keyInForm(event, form, view));
    const box = dialog({
      title: [this.ui.appAvatar("small"), el("span", {}, words(view.title, ""))],
      body: [form],
      foot: view.submit || needsSubmit(view) ? [closer, sender] : [closer],
      dismiss: () => this.#close(),
    });
    box.dataset.viewId = view.id;
    return box;
  }

  #focus(key) {
    const fields = "input, textarea, .select";
    const wanted =
      (key && this.box.querySelector(`[data-focus-key="${CSS.escape(key)}"]`)) ||
      this.box.querySelector("[autofocus]") ||
      this.box.querySelector(`form :is(${fields})`);
    wanted?.focus();
  }

  /** Enter in a one-line field submits the form. */
  #keyInForm(event, form, view) {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    if (view.submit || needsSubmit(view)) form.requestSubmit();
  }

  async #submit(sender) {
    if (sender.getAttribute("aria-busy")) return;
    const { view, surface } = this;
    const incomplete = inputErrors(view.blocks, surface);
    this.#mark(incomplete);
    if (Object.keys(incomplete).length) return;
    sender.setAttribute("aria-busy", "true");
    try {
      const answer = await api.submit(this.ui.workspace.me.id, view.id, surface.values());
      this.#mark(answer.errors ?? {});
    } catch (error) {
      if (error.body?.errors) this.#mark(error.body.errors);
      else this.ui.failed(error);
    } finally {
      sender.removeAttribute("aria-busy");
      this.ui.updates.refreshAfterAction({ view_id: view.id });
    }
  }

  /** Shows each error under its block and focuses the first. */
  #mark(errors) {
    let first = null;
    for (const block of this.box.querySelectorAll("[data-block-id]")) {
      block.querySelector(".input-error")?.remove();
      const field = block.querySelector("input, textarea, .select");
      const text = errors[block.dataset.blockId];
      block.classList.toggle("wrong", Boolean(text));
      field?.toggleAttribute("aria-invalid", Boolean(text));
      if (!text) continue;
      block.append(el("p.input-error", { role: "alert" }, withEmoji(text)));
      first ??= field ?? block;
    }
    first?.focus();
    first?.scrollIntoView({ block: "nearest" });
  }

  async #close() {
    const { view } = this;
    try {
      await api.close(this.ui.workspace.me.id, view.id);
    } catch (error) {
      this.ui.failed(error);
    } finally {
      this.ui.updates.refreshAfterAction({ view_id: view.id });
    }
  }
}

const words = (object, fallback) => withEmoji(object?.text ?? fallback);
const needsSubmit = (view) => view.blocks.some((block) => block.type === "input");
