import { hashText, Random } from "../../src/simulator/random.ts";

/**
 * One stream of chance for one concern of one seed. A concern that draws more or less than before does
 * not move the draws of any other, so a new fault leaves the rest of a seed's run as it was.
 */
export class Chance {
  readonly #random: Random;

  constructor(seed: number, concern: string) {
    this.#random = new Random(hashText(`${String(seed)} ${concern}`));
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random.next() * (most - least + 1));
  }

  /** As {@link whole}, with small ones as frequent as large ones: for durations from milliseconds to minutes. */
  spread(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.#random.next());
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random.next() * items.length)];
    if (item === undefined) throw new RangeError("There is nothing to pick from.");
    return item;
  }

  /** Picks by weight. */
  weighted<Item>(choices: readonly (readonly [item: Item, weight: number])[]): Item {
    let place = this.#random.next() * choices.reduce((total, [, weight]) => total + weight, 0);
    for (const [item, weight] of choices) {
      place -= weight;
      if (place < 0) return item;
    }
    return this.pick(choices)[0];
  }

  /** `count` different items, in a random order. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    return Array.from({ length: Math.min(count, rest.length) }, () => {
      const [item] = rest.splice(Math.floor(this.#random.next() * rest.length), 1);
      return item as Item;
    });
  }
}
