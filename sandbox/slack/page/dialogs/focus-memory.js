// Gives the focus back after a dialog or menu, also where an update has meanwhile put a new element in the
// place of the one that had it.

/** @returns {function(): void} call it when the focus is to return */
export function rememberFocus(node) {
  const around = node?.closest(".messages, .home-body, form");
  const ts = node?.closest(".message")?.dataset.ts;
  const key = node?.dataset?.focusKey;
  return () => {
    const back = node?.isConnected ? node : replacementFor(around, ts, key);
    back?.focus({ preventScroll: true });
  };
}

function replacementFor(around, ts, key) {
  const row = ts ? around?.querySelector(`.message[data-ts="${CSS.escape(ts)}"]`) : around;
  return (key && row?.querySelector(`[data-focus-key="${CSS.escape(key)}"]`)) || row;
}
