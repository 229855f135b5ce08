/** A gate that the test opens; the test can wait until the code under test reaches it. */
export class Gate<T = void> {
  open!: (value: T) => void;
  readonly opened = new Promise<T>((resolve) => (this.open = resolve));
  private arrive!: () => void;
  readonly reached = new Promise<void>((resolve) => (this.arrive = resolve));

  pass(): Promise<T> {
    this.arrive();
    return this.opened;
  }
}
