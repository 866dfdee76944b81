/** A part that is loaded when it is first wanted. A failure is forgotten: files are missing only during an upgrade. */
export class Loaded<Part> {
  readonly #load: () => Promise<Part>;
  #value: Promise<Part> | undefined;

  constructor(load: () => Promise<Part>) {
    this.#load = load;
  }

  get isWanted(): boolean {
    return this.#value !== undefined;
  }

  get value(): Promise<Part> {
    this.#value ??= this.#load().catch((error: unknown) => {
      this.#value = undefined;
      throw error;
    });
    return this.#value;
  }
}
