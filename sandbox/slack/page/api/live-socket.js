// Receives the changes in the workspace. Reports when the connection is lost and when it is back, since
// everything must be read again then.

const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 5000;

export class LiveSocket {
  /**
   * @param {{change: function(object): void, up: function(): void, down: function(): void}} heard
   *   `up` is called after every connect, also the first.
   */
  constructor(heard) {
    this.heard = heard;
    this.socket = null;
    this.retryMs = FIRST_RETRY_MS;
    this.timer = 0;
    addEventListener("online", () => this.#retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#retryNow());
  }

  /** Receives this person's changes from now on, and no others. */
  listenAs(user) {
    this.user = user;
    clearTimeout(this.timer);
    this.#drop();
    this.#connect();
  }

  #connect() {
    const url = new URL("/sandbox/live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("as", this.user);
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.#take(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (this.socket === socket) this.#lost();
    });
  }

  #take(item) {
    if (item.type === "hello") {
      this.retryMs = FIRST_RETRY_MS;
      this.heard.up();
    } else if (item.type === "changed") {
      this.heard.change(item);
    }
  }

  #lost() {
    this.socket = null;
    this.heard.down();
    this.timer = setTimeout(() => this.#connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  #retryNow() {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    this.#connect();
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
