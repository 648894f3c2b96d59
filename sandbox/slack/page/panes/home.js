// Centre: the app's Home tab.

import { el } from "../dom.js";
import { blocks } from "../blocks/blocks.js";
import { Surface } from "../elements/surface.js";
import * as api from "../api/control-api.js";
import { errorMessage } from "../api/error-messages.js";
import { batchedRead } from "../api/batched-read.js";
import { appHeader } from "./app-header.js";

export class HomePane {
  constructor(ui) {
    this.ui = ui;
    this.over = false;
    this.surface = null;
    this.opened = false;
    const { app } = ui.workspace;
    this.body = el("div.home-body", { tabindex: 0, role: "region", "aria-label": "Home" });
    this.box = el("section.pane.home", { "aria-label": app.name }, appHeader(ui, "Home"), this.body);
    this.read = batchedRead(() => this.#read());
  }

  end() {
    this.over = true;
  }

  /** The first read opens the tab, which sends an event to the app; later ones only read. */
  async #read() {
    if (this.over) return;
    const me = this.ui.workspace.me.id;
    try {
      const answer = this.opened ? await api.home(me) : await api.openHome(me);
      this.opened = true;
      if (!this.over) this.#show(answer.view);
    } catch (error) {
      if (!this.over) this.#unreadable(error);
    }
  }

  #unreadable(error) {
    if (this.looks) this.ui.failed(error);
    else this.body.replaceChildren(el("p.pane-empty", {}, errorMessage(error)));
  }

  #show(view) {
    if (!view) {
      const { name } = this.ui.workspace.app;
      this.body.replaceChildren(el("p.pane-empty", {}, `${name} has not put anything here yet.`));
      return;
    }
    const looks = JSON.stringify([view.id, view.blocks]);
    if (looks === this.looks) return;
    this.looks = looks;
    if (this.surface?.target.view_id !== view.id) this.surface = new Surface(this.ui, { view_id: view.id });
    this.surface.keepOnly(view.blocks);
    const hadFocus = this.body.contains(document.activeElement) && document.activeElement.dataset.focusKey;
    this.body.replaceChildren(blocks(view.blocks, this.surface));
    if (hadFocus) this.#focus(hadFocus);
  }

  #focus(key) {
    this.body.querySelector(`[data-focus-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}
