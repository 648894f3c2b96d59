// Many changes in a row cause one read: requests during a read cause one more read.

const GATHER_MS = 40;

const pause = () => new Promise((done) => setTimeout(done, GATHER_MS));

/**
 * @param {function(): Promise<void>} read
 * @returns {function(): Promise<void>} requests a read; resolves when a read that began later is done
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
