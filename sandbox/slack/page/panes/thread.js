// Right: one thread.

import { el, icon } from "../dom.js";
import { Conversation } from "../messages/conversation.js";

export class ThreadPane {
  constructor(ui, channel, thread) {
    const gone = el("div.pane-empty", { hidden: true }, "This message is no longer there.");
    this.conversation = new Conversation(ui, { channel, thread, empty: gone });
    const close = () => ui.go({ thread: null });
    this.box = el(
      "aside.pane.thread",
      { "aria-label": "Thread" },
      el(
        "header.pane-head",
        {},
        el("h1", {}, "Thread"),
        el("span.head-note", {}, ui.workspace.titleOf(channel.id)),
        el(
          "button.icon-button.head-close",
          { type: "button", "aria-label": "Close thread", on: { click: close } },
          icon("close"),
        ),
      ),
      this.conversation.nodes,
    );
  }
}
