// The sandbox's control API, call by call. Users, channels and views are named by id.

const ROOT = "/sandbox/";

// The good values of `ack`; any other one is an error. `not_sent` inputs are sent with their form.
const TAKEN = ["ok", "not_sent"];

/** The sandbox refused, could not be reached, or the app did not acknowledge. `code` is the error, `body` the answer. */
export class ApiError extends Error {
  constructor(code, body = {}) {
    super(body.detail || code);
    this.code = code;
    this.body = body;
  }
}

async function call(method, path, params) {
  const url = new URL(ROOT + path, location.href);
  const options = { method, headers: { Accept: "application/json" } };
  if (method === "GET") {
    for (const [key, value] of Object.entries(params))
      if (value !== undefined) url.searchParams.set(key, value);
  } else {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(params);
  }
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new ApiError("unreachable");
  }
  const body = await response.json().catch(() => null);
  if (body === null) throw new ApiError(`http_${response.status}`);
  if (!response.ok || body.ok === false) throw new ApiError(body.error || `http_${response.status}`, body);
  if (body.ack && !TAKEN.includes(body.ack)) throw new ApiError(body.ack, body);
  return body;
}

const get = (path, params = {}) => call("GET", path, params);
const post = (path, params) => call("POST", path, params);

export const workspace = (as) => get("workspace", { as });
export const messages = (as, channel, thread_ts) => get("messages", { as, channel, thread_ts });
export const type = (user, channel, text, options = {}) => post("type", { user, channel, text, ...options });
export const click = (user, target, action) => post("click", { user, ...target, ...action, confirm: true });
export const options = (user, target, query) => post("options", { user, ...target, ...query });
export const shortcut = (user, callback_id, target = {}) =>
  post("shortcut", { user, callback_id, ...target });
export const openHome = (user) => post("home", { user });
export const home = (as) => get("home", { as });
export const views = (as) => get("views", { as });
export const submit = (user, view_id, values) => post("submit", { user, view_id, values });
export const close = (user, view_id) => post("close", { user, view_id });
export const member = (user, channel, present) => post("member", { user, channel, present });
