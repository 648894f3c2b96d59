// Restores the focus after a dialog or menu, even if an update has replaced the element that had it.

/** @returns {function(): void} restores the focus */
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
