// What a view must hold before it is sent; Slack checks this in the client, before the app hears of it.

const EMPTY = "Please complete this required field.";

/** @returns {Object<string, string>} for each input block that is not ready, what it lacks */
export function missing(blocks, surface) {
  const lacks = {};
  for (const block of blocks) {
    if (block.type !== "input") continue;
    const held = content(surface.state(block.block_id, block.element.action_id));
    const problem = isEmpty(held) ? (block.optional ? null : EMPTY) : misfit(block.element, held);
    if (problem) lacks[block.block_id] = problem;
  }
  return lacks;
}

function content(state = {}) {
  const [held] = Object.entries(state).filter(([key]) => key !== "type");
  return held?.[1];
}

const isEmpty = (held) => held === undefined || held === null || held.length === 0;

function misfit(element, held) {
  if (element.min_length && held.length < element.min_length) {
    return `Please write at least ${element.min_length} characters.`;
  }
  if (element.type === "number_input") return misnumber(element, Number(held));
  if (element.type === "email_text_input" && !/^\S+@\S+\.\S+$/.test(held))
    return "Please enter an email address.";
  if (element.type === "url_text_input" && !/^https?:\/\/\S+$/.test(held))
    return "Please enter an address with https://.";
  return null;
}

function misnumber(element, number) {
  if (Number.isNaN(number)) return "Please enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Please enter a whole number.";
  if (element.min_value !== undefined && number < Number(element.min_value))
    return `The least is ${element.min_value}.`;
  if (element.max_value !== undefined && number > Number(element.max_value))
    return `The most is ${element.max_value}.`;
  return null;
}
