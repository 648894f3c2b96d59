// Plan blocks: a list of tasks, each pending, in progress, complete or failed.

import { el, icon } from "../dom.js";
import { richText } from "../text/rich-text.js";
import { withEmoji } from "../text/emoji.js";
import { link } from "../text/text-nodes.js";

const STATES = {
  pending: ["not started", null],
  in_progress: ["in progress", null],
  complete: ["done", "check"],
  error: ["failed", "close"],
};

export function plan(block, ui) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((task) => task.status === "complete").length;
  return el(
    "div",
    {},
    el(
      "div.plan-head",
      {},
      el("strong", {}, withEmoji(block.title ?? "")),
      tasks.length > 0 && el("span.plan-count", {}, `${done} of ${tasks.length} done`),
    ),
    el(
      "ol.tasks",
      {},
      tasks.map((task) => el("li", {}, taskCard(task, ui))),
    ),
  );
}

export function taskCard(task, ui) {
  const [word, sign] = STATES[task.status] ?? [task.status, null];
  return el(
    `div.task.${task.status}`,
    { data: { taskId: task.task_id } },
    el("span.task-state", { role: "img", "aria-label": word, title: word }, sign ? icon(sign) : ""),
    el(
      "div.task-text",
      {},
      el("div.task-title", {}, withEmoji(task.title ?? "")),
      task.details && el("div.task-details", {}, richText(task.details, ui)),
      task.output && el("div.task-output", {}, richText(task.output, ui)),
      task.sources?.length > 0 &&
        el(
          "div.task-sources",
          {},
          task.sources.map((source) => link(source.url, source.text, ui)),
        ),
    ),
  );
}
