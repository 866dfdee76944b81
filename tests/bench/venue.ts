import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Questioner } from "./conversation.ts";
import type { WireRequest } from "./delay-line.ts";
import { machineMs } from "./machine-time.ts";
import { median } from "./statistics.ts";

const PROGRAM = fileURLToPath(new URL("venue-process.ts", import.meta.url));
const BARE_REQUESTS = 15;
const KEYS = { "APCA-API-KEY-ID": "bench", "APCA-API-SECRET-KEY": "bench" };

/** What the venue saw. */
export interface WireRecord {
  /** In the order of their arrival. */
  readonly requests: readonly WireRequest[];
  /** Milliseconds from taking each order to filling it. */
  readonly fillTimes: readonly number[];
}

/** A venue in a process of its own. */
export class BenchVenue {
  readonly url: string;
  readonly #questions: Questioner;
  readonly #ended: Promise<unknown>;

  private constructor(url: string, questions: Questioner, ended: Promise<unknown>) {
    this.url = url;
    this.#questions = questions;
    this.#ended = ended;
  }

  static async open(accountNumber: string): Promise<BenchVenue> {
    const child = fork(PROGRAM, [accountNumber], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const questions = new Questioner(child);
    return new BenchVenue(String(await questions.ask("url")), questions, ended);
  }

  /** @param ms how long a request and its answer are on their way, together. */
  async setRoundTrip(ms: number): Promise<void> {
    await this.#questions.ask("round-trip", ms);
  }

  async skip(ms: number): Promise<void> {
    await this.#questions.ask("skip", ms);
  }

  /** What it saw since it was last asked. */
  async takeRecord(): Promise<WireRecord> {
    return (await this.#questions.ask("record")) as WireRecord;
  }

  /** The round trip as it really is now: the median of bare requests over a warm connection, milliseconds. */
  async measureRoundTrip(): Promise<number> {
    const times: number[] = [];
    for (let count = 0; count <= BARE_REQUESTS; count += 1) {
      const start = machineMs();
      await (await fetch(`${this.url}/v2/clock`, { headers: KEYS })).arrayBuffer();
      // The first one may have to connect.
      if (count > 0) times.push(machineMs() - start);
    }
    await this.takeRecord();
    return median(times);
  }

  async close(): Promise<void> {
    await this.#questions.ask("close");
    await this.#ended;
  }
}
