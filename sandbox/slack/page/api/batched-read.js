// Many changes in a row cause one read: while a read runs, further wishes are rememberFocus as one.

const GATHER_MS = 40;

const pause = () => new Promise((done) => setTimeout(done, GATHER_MS));

/**
 * @param {function(): Promise<void>} read
 * @returns {function(): Promise<void>} asks for a read; settles when one that began afterwards is done
 */
export function batchedRead(read) {
  let running = null;
  let next = null;

  async function run() {
    await (running ? running.catch(() => {}) : pause());
    running = next;
    next = null;
    const mine = running;
    try {
      await read();
    } finally {
      if (running === mine) running = null;
    }
  }

  return function ask() {
    next ??= run();
    return next;
  };
}
