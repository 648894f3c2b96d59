// Starts the page: puts the frame around the panes, and keeps all of it up to date.

import { Desk } from "./desk.js";
import { el } from "./dom.js";
import { personSwitch } from "./panes/people.js";
import { sidebar } from "./panes/sidebar.js";
import { inWords } from "./wire/failures.js";
import { Live } from "./wire/live.js";
import { retell } from "./words/text.js";

const RETELL_MS = 20_000;

const part = (name) => document.querySelector(`[data-part="${name}"]`);

const desk = new Desk({ centre: part("centre"), right: part("right"), frame: drawFrame });

const live = new Live({
  change: (item) => desk.news.changed(item),
  up: () => {
    part("offline").hidden = true;
    desk.news.readAll();
  },
  down: () => (part("offline").hidden = false),
});

function drawFrame() {
  const { workspace, place } = desk;
  const refocus = focusIn("people", "sidebar");
  part("team").textContent = workspace.team.name;
  part("people").replaceChildren(...personSwitch(desk));
  part("sidebar").replaceChildren(...sidebar(desk));
  refocus();
  document.body.classList.toggle("thread-open", Boolean(place.thread) && !place.app);
  const where = place.app ? workspace.app.name : workspace.titleOf(place.channel);
  document.title = `${where} (${workspace.me.name}) – ${workspace.team.name}`;
}

/** Redrawing takes the focus along to the same button. */
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
  else if (desk.place?.thread) desk.go({ thread: null });
}

async function start() {
  desk.onPerson = (name) => live.listenAs(name);
  document.addEventListener("keydown", closeOnEscape);
  part("curtain").addEventListener("click", () => document.body.classList.remove("drawer-open"));
  addEventListener("popstate", () => desk.arrive());
  setInterval(() => retell(document.body), RETELL_MS);
  try {
    await desk.arrive();
    desk.channelPane?.conversation.composer.focus();
  } catch (error) {
    part("centre").replaceChildren(
      el(
        "div.pane-empty",
        { role: "alert" },
        el("h1", {}, "The workspace cannot be shown"),
        el("p", {}, inWords(error)),
      ),
    );
    throw error;
  }
}

start();
