import { decimal, type Decimal } from "../../domain/decimal.ts";

/** A fault's parameters, all present and checked. */
export class FaultSettings {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** @throws Error when the fault has no such parameter: a mistake in its definition. */
  text(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined) throw new Error(`The fault has no parameter "${name}".`);
    return value;
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  amount(name: string): Decimal {
    return decimal(this.text(name));
  }

  /** Whether a filter parameter is `any` or this value. */
  admits(name: string, value: string): boolean {
    const wanted = this.text(name);
    return wanted === "any" || wanted === value;
  }

  /** As shown over HTTP. */
  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#values);
  }
}
