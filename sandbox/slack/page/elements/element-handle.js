// One interactive element in its place, as the element files see it.

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
   * Records a new state and, where Slack would, tells the app.
   * @returns {Promise<boolean>} false where the app was to be told and was not
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

  /** What a screen reader calls this control where no visible label stands beside it. */
  name(fallback) {
    return (
      this.element.accessibility_label ?? this.block.label?.text ?? this.element.placeholder?.text ?? fallback
    );
  }
}
