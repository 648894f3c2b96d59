// A message or a view (modal or Home) with interactive elements. Keeps their state and sends clicks to the
// app, after the confirm dialog if the element has one.

import * as api from "../api/control-api.js";
import { askToConfirm } from "../dialogs/confirm.js";

export class Surface {
  /**
   * @param {object} ui
   * @param {{channel: string, ts: string}|{view_id: string}} target the message or view in the control API
   */
  constructor(ui, target) {
    this.ui = ui;
    this.target = target;
    this.states = new Map();
  }

  /** The state of one element as in Slack's `state.values`; undefined before the first use. */
  state(blockId, actionId) {
    return this.states.get(`${blockId}\n${actionId}`)?.state;
  }

  /** `waits`: it is sent only with the next click, or with the whole form. */
  record(blockId, actionId, state, waits = false) {
    this.states.set(`${blockId}\n${actionId}`, { blockId, actionId, state, waits });
  }

  forget(blockId, actionId) {
    this.states.delete(`${blockId}\n${actionId}`);
  }

  /** Everything recorded, as {block_id: {action_id: state}}. */
  values() {
    const values = {};
    for (const { blockId, actionId, state } of this.states.values()) {
      values[blockId] ??= {};
      values[blockId][actionId] = state;
    }
    return values;
  }

  /** Removes the states of elements that are no longer shown. */
  keepOnly(blocks) {
    const shown = new Set(blocks.flatMap(elementKeys));
    for (const key of this.states.keys()) if (!shown.has(key)) this.states.delete(key);
  }

  /**
   * Clicks an element. The control is busy until the app has acknowledged.
   * @returns {Promise<boolean>} false if the person did not confirm it, or it failed
   */
  async press(element, blockId, payload, control) {
    if (element.confirm && !(await askToConfirm(element.confirm, this.ui))) return false;
    control?.setAttribute("aria-busy", "true");
    try {
      await this.#enterWaiting();
      await this.#click({ action_id: element.action_id, block_id: blockId, ...payload });
      return true;
    } catch (error) {
      this.ui.failed(error);
      return false;
    } finally {
      control?.removeAttribute("aria-busy");
      this.ui.updates.refreshAfterAction(this.target);
    }
  }

  /** The values of inputs are sent along with every click, in `state.values`. */
  async #enterWaiting() {
    const waiting = [...this.states.values()].filter((entry) => entry.waits);
    for (const entry of waiting) {
      await this.#click({ action_id: entry.actionId, block_id: entry.blockId, ...entry.state });
      entry.waits = false;
    }
  }

  #click(action) {
    return api.click(this.ui.workspace.me.id, this.target, action);
  }

  /** The choices of an external select for the typed text. */
  async options(element, blockId, query) {
    const asked = { action_id: element.action_id, block_id: blockId, value: query };
    return api.options(this.ui.workspace.me.id, this.target, asked);
  }
}

function elementKeys(block) {
  const elements = [block.element, block.accessory, ...(block.elements ?? [])];
  return elements.filter(Boolean).map((element) => `${block.block_id}\n${element.action_id}`);
}
