// The sentences for errors of the sandbox.

const WORDS = {
  unreachable: "The sandbox does not answer. Is it still running?",
  channel_not_found: "This channel is gone, or you cannot see it.",
  message_not_found: "This message is gone.",
  user_not_found: "The sandbox does not know this person.",
  view_not_found: "This dialog is no longer open.",
  no_such_element: "This control is no longer there: it has changed meanwhile.",
  not_in_channel: "You are not in this channel.",
  operation_timeout: "The app did not answer within three seconds.",
  invalid_response: "The app answered something that Slack does not understand.",
  home_disabled: "This app has no Home tab: its manifest does not enable one.",
  dispatch_failed: "The app could not be reached. Is the bot running?",
  no_text: "There is nothing to send.",
  msg_too_long: "This message is too long to send.",
};

/** One sentence for an ApiError: from above, from the sandbox, or made of its code. */
export function errorMessage(error) {
  const code = error.code ?? "page_error";
  return WORDS[code] ?? error.body?.detail ?? `That did not work: ${code.replaceAll("_", " ")}.`;
}
