// The people, channels and commands of the workspace, as one person sees them.

export const SLACKBOT = "USLACKBOT";

export class Workspace {
  constructor(described) {
    this.team = described.team;
    this.users = described.users;
    this.direct = described.direct_messages ? directMessages(described) : null;
    this.channels = [...described.channels, this.direct].filter(Boolean);
    this.usergroups = described.usergroups ?? [];
    this.commands = described.commands ?? [];
    this.shortcuts = described.shortcuts ?? [];
    this.examples = described.examples ?? [];
    this.app = described.app;
    const me = described.me;
    this.me = this.user(me?.id ?? me) ?? me;
  }

  user(id) {
    return this.users.find((user) => user.id === id);
  }

  channel(idOrName) {
    return this.channels.find((channel) => channel.id === idOrName || channel.name === idOrName);
  }

  /** A channel's name with its #, or the app's name for the direct messages with it. */
  titleOf(id) {
    const channel = this.channel(id);
    return channel?.is_im ? channel.name : `#${channel?.name ?? id}`;
  }

  usergroup(id) {
    return this.usergroups.find((group) => group.id === id);
  }

  isApp(userId) {
    return userId === this.app.bot_user_id;
  }

  /** The people: neither the app's own user nor Slackbot. */
  people() {
    return this.users.filter((user) => !user.is_bot && !this.isApp(user.id) && user.id !== SLACKBOT);
  }

  /** The display name of a user. */
  nameOf(id) {
    if (this.isApp(id)) return this.app.name;
    const user = this.user(id);
    return user ? user.profile?.display_name || user.name : id;
  }

  /** The channel that the page opens with: the first one with the app in it. */
  firstChannel() {
    return this.channels.find((channel) => channel.is_member && channel.bot_is_member) ?? this.channels[0];
  }
}

function directMessages({ direct_messages: id, app }) {
  return { id, name: app.name, is_im: true, is_member: true, bot_is_member: true };
}
