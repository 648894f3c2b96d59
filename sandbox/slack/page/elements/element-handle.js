// One interactive element with its block and surface.

export class ElementHandle {
  constructor(surface, block, element) {
    this.surface = surface;
    this.ui = surface.ui;
    this.block = block;
    this.element = element;
    this.isInput = block.type === "input";
    this.tells = !this.isInput || block.dispatch_action === true;
  }

  get focusKey() {
    return `${this.block.block_id ?? ""}/${this.element.action_id ?? ""}`;
  }

  get state() {
    return this.surface.state(this.block.block_id, this.element.action_id);
  }

  record(state) {
    const { block, element } = this;
    this.surface.record(block.block_id, element.action_id, { type: element.type, ...state }, !this.tells);
  }

  /**
   * Records a new state and sends it to the app if Slack would.
   * @returns {Promise<boolean>} false if sending failed
   */
  async set(state, control) {
    const before = this.state;
    this.record(state);
    if (!this.tells) return true;
    const told = await this.press(state, control);
    if (!told) this.#goBackTo(before);
    return told;
  }

  #goBackTo(state) {
    if (state === undefined) this.surface.forget(this.block.block_id, this.element.action_id);
    else this.record(state);
  }

  press(payload, control) {
    return this.surface.press(this.element, this.block.block_id, payload, control);
  }

  options(query) {
    return this.surface.options(this.element, this.block.block_id, query);
  }

  /** The name for screen readers if there is no visible label. */
  name(fallback) {
    return (
      this.element.accessibility_label ?? this.block.label?.text ?? this.element.placeholder?.text ?? fallback
    );
  }
}
