// Suggestions for the word being typed: commands after a leading slash, names after an @.

/**
 * @param {string} text all that is typed
 * @param {number} caret
 * @param {Workspace} workspace
 * @returns {{start: number, end: number, choices: {insert, label, note, detail}[]}|null}
 */
export function suggestionsFor(text, caret, workspace) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return commandsFor(before, caret, workspace);
  const at = /(?:^|[\s(])@([\w.-]*)$/.exec(before);
  if (at) return namesFor(at[1], caret, workspace);
  return null;
}

function commandsFor(typed, caret, workspace) {
  const choices = workspace.commands
    .filter(({ command }) => command.startsWith(typed.toLowerCase()))
    .map(({ command, usage_hint: usage, description }) => ({
      insert: `${command} `,
      label: command,
      note: usage ?? "",
      detail: description ?? "",
      kind: "command",
    }));
  return choices.length ? { start: 0, end: caret, choices } : null;
}

function namesFor(typed, caret, workspace) {
  const wanted = typed.toLowerCase();
  const people = workspace.people().map((user) => named(user.name, user.real_name, user.id));
  const app = named(workspace.user(workspace.app.bot_user_id).name, "App", workspace.app.bot_user_id);
  const groups = workspace.usergroups.map((group) => named(group.handle, group.name));
  const choices = [app, ...people, ...groups].filter(
    (choice) =>
      choice.label.slice(1).toLowerCase().startsWith(wanted) || choice.note?.toLowerCase().startsWith(wanted),
  );
  return choices.length ? { start: caret - typed.length - 1, end: caret, choices } : null;
}

const named = (handle, note, face) => ({
  insert: `@${handle} `,
  label: `@${handle}`,
  note,
  face,
  kind: "name",
});

/** The command whose arguments are being typed, so that its usage can be shown. */
export function commandInUse(text, workspace) {
  const word = /^(\/\S+)\s/.exec(text)?.[1];
  return word && workspace.commands.find(({ command }) => command === word);
}
