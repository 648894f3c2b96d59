// What has changed, and what of it must be read again because it is shown; the rest is marked as unread.

export class News {
  constructor(desk) {
    this.desk = desk;
    this.unread = new Set();
    this.newest = new Map();
  }

  /** Somebody else looks at the page now. */
  forget() {
    this.unread.clear();
    this.newest.clear();
  }

  /** @param {{what: string, channel?: string, ts?: string, thread_ts?: string}} item as the sandbox tells it */
  changed(item) {
    if (item.what === "view") this.desk.readViews();
    else if (item.what === "home") this.desk.appPane?.read();
    else if (item.what === "members") this.desk.readMembers();
    else this.#message(item);
  }

  #message({ what, channel, ts, thread_ts: thread }) {
    const shown = this.desk.channelPane?.channel.id === channel;
    if (shown) this.desk.channelPane.conversation.read();
    else if (what === "message" && !thread && this.#isNew(channel, ts)) this.#markUnread(channel, ts);
    const open = this.desk.threadPane?.conversation;
    if (open?.channel.id === channel && [undefined, open.thread].includes(thread ?? ts)) open.read();
  }

  #isNew(channel, ts) {
    return ts > (this.newest.get(channel) ?? "0");
  }

  #markUnread(channel, ts) {
    this.newest.set(channel, ts);
    this.unread.add(channel);
    this.desk.shown.frame();
  }

  /** The messages of a channel are shown up to here. */
  seen(channel, messages) {
    const last = messages.at(-1)?.ts;
    if (last && this.#isNew(channel, last)) this.newest.set(channel, last);
  }

  /** After an act of one's own: read again without waiting to be told. */
  afterActingOn(target) {
    if (target.channel) this.#message({ what: "ephemeral", channel: target.channel });
    this.desk.readViews();
    this.desk.appPane?.read();
  }

  /** After a time without hearing anything. */
  readAll() {
    this.desk.channelPane?.conversation.read();
    this.desk.threadPane?.conversation.read();
    this.desk.appPane?.read();
    this.desk.readViews();
    this.desk.readMembers();
  }
}
