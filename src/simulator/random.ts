import { createHash } from "node:crypto";

const STEP = 0x6d2b79f5;
const RANGE = 0x1_0000_0000;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_TIME_CHARACTERS = 10;
const ULID_RANDOM_CHARACTERS = 16;

/**
 * A small seeded generator (a mixed Weyl sequence of 32 bits). Its whole state is one number, so that a restored
 * venue continues exactly where the stored one stopped.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  get state(): number {
    return this.#state;
  }

  /** Continues from an earlier {@link state}. */
  restore(state: number): void {
    this.#state = state;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + STEP) >>> 0;
    return mix(this.#state) / RANGE;
  }

  uuid(): string {
    let digits = "";
    for (let word = 0; word < 4; word++) {
      digits += Math.floor(this.next() * RANGE)
        .toString(16)
        .padStart(8, "0");
    }
    return asUuid(digits);
  }

  /** Sorts by time, like event ids of the trade-updates stream. */
  ulid(atMs: number): string {
    let time = "";
    for (let rest = atMs, place = 0; place < ULID_TIME_CHARACTERS; place++, rest = Math.floor(rest / 32))
      time = CROCKFORD.charAt(rest % 32) + time;
    let chance = "";
    for (let place = 0; place < ULID_RANDOM_CHARACTERS; place++) chance += CROCKFORD.charAt(Math.floor(this.next() * 32));
    return time + chance;
  }
}

/** Fixed lattice noise: uniform in [-1, 1), always the same for the same three whole numbers. */
export function noiseAt(seed: number, layer: number, index: number): number {
  const spread = mix((Math.imul(index, 0x9e3779b1) ^ Math.imul(layer + 1, 0x7feb352d) ^ seed) >>> 0);
  return (spread / RANGE) * 2 - 1;
}

export function hashText(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32LE(0);
}

const uuids = new Map<string, string>();
const MOST_UUIDS = 5_000;

/** The same id for the same text, in every process. */
export function uuidFor(text: string): string {
  const known = uuids.get(text);
  if (known !== undefined) return known;
  const uuid = asUuid(createHash("sha256").update(text).digest("hex"));
  if (uuids.size >= MOST_UUIDS) uuids.clear();
  uuids.set(text, uuid);
  return uuid;
}

function asUuid(digits: string): string {
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
