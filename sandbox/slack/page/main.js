// Starts the page, draws the frame around the panes and keeps everything up to date.

import { Ui } from "./ui.js";
import { el } from "./dom.js";
import { personButtons } from "./panes/avatars.js";
import { sidebar } from "./panes/sidebar.js";
import { errorMessage } from "./api/error-messages.js";
import { LiveSocket } from "./api/live-socket.js";
import { updateRelativeTimes } from "./text/text-nodes.js";

const RELATIVE_TIME_UPDATE_MS = 20_000;

const part = (name) => document.querySelector(`[data-part="${name}"]`);

const ui = new Ui({ centre: part("centre"), right: part("right"), frame: drawFrame });

const live = new LiveSocket({
  change: (item) => ui.updates.changed(item),
  up: () => {
    part("offline").hidden = true;
    ui.updates.readAll();
  },
  down: () => (part("offline").hidden = false),
});

function drawFrame() {
  const { workspace, place } = ui;
  const refocus = focusIn("people", "sidebar");
  part("team").textContent = workspace.team.name;
  part("people").replaceChildren(...personButtons(ui));
  part("sidebar").replaceChildren(...sidebar(ui));
  refocus();
  document.body.classList.toggle("thread-open", Boolean(place.thread) && !place.app);
  const where = place.app ? workspace.app.name : workspace.titleOf(place.channel);
  document.title = `${where} (${workspace.me.name}) – ${workspace.team.name}`;
}

/** Keeps the focus on the same button when the frame is drawn again. */
function focusIn(...names) {
  for (const name of names) {
    const buttons = () => [...part(name).querySelectorAll("button")];
    const index = buttons().indexOf(document.activeElement);
    if (index >= 0 && name === "people")
      return () => part(name).querySelector("[aria-checked=true]")?.focus();
    if (index >= 0) return () => buttons()[index]?.focus();
  }
  return () => {};
}

function closeOnEscape(event) {
  if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  if (document.body.classList.contains("drawer-open")) document.body.classList.remove("drawer-open");
  else if (ui.place?.thread) ui.go({ thread: null });
}

async function start() {
  ui.onPerson = (name) => live.listenAs(name);
  document.addEventListener("keydown", closeOnEscape);
  part("curtain").addEventListener("click", () => document.body.classList.remove("drawer-open"));
  addEventListener("popstate", () => ui.arrive());
  setInterval(() => updateRelativeTimes(document.body), RELATIVE_TIME_UPDATE_MS);
  try {
    await ui.arrive();
    ui.channelPane?.conversation.composer.focus();
  } catch (error) {
    part("centre").replaceChildren(
      el(
        "div.pane-empty",
        { role: "alert" },
        el("h1", {}, "The workspace cannot be shown"),
        el("p", {}, errorMessage(error)),
      ),
    );
    throw error;
  }
}

start();
