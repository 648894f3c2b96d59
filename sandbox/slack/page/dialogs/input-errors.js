// The errors of inputs that Slack finds in the client, before it sends a view to the app.

const EMPTY = "Please complete this required field.";

/** @returns {Object<string, string>} for each input block that is not ready, what it lacks */
export function inputErrors(blocks, surface) {
  const lacks = {};
  for (const block of blocks) {
    if (block.type !== "input") continue;
    const held = content(surface.state(block.block_id, block.element.action_id));
    const problem = isEmpty(held) ? (block.optional ? null : EMPTY) : valueError(block.element, held);
    if (problem) lacks[block.block_id] = problem;
  }
  return lacks;
}

function content(state = {}) {
  const [held] = Object.entries(state).filter(([key]) => key !== "type");
  return held?.[1];
}

const isEmpty = (held) => held === undefined || held === null || held.length === 0;

function valueError(element, held) {
  if (element.min_length && held.length < element.min_length) {
    return `Please write at least ${element.min_length} characters.`;
  }
  return null;
}
