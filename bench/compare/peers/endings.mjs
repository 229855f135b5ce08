/** @typedef {import('../../floors/front.mjs').View} View */

/** The endings of operations under way: one is expected before its job is stored, since the job may be quick. */
export class Endings {
  /** @type {Map<string, { ending?: Promise<View>, resolve?: (ending: View) => void }>} */
  #expected = new Map();

  /** @param {string} id */
  expect(id) {
    /** @type {{ ending?: Promise<View>, resolve?: (ending: View) => void }} */
    const expected = {};
    expected.ending = new Promise((resolve) => (expected.resolve = resolve));
    this.#expected.set(id, expected);
  }

  /** @param {View} view */
  arrived(view) {
    this.#expected.get(view.id)?.resolve?.(view);
  }

  /**
   * The `run` of a front: publishes the ending once it arrives.
   * @param {View} accepted @param {unknown} _ @param {(view: View) => void} publish
   */
  publish = async ({ id }, _, publish) => {
    const ending = await this.#expected.get(id)?.ending;
    this.#expected.delete(id);
    if (!ending) throw new Error(`Nobody has expected the ending of ${id}.`);
    publish(ending);
    return ending;
  };
}

/** @param {string} id @param {string} kind @returns {View} */
export const pending = (id, kind) => ({ id, kind, status: 'pending', version: 1, done: false });
