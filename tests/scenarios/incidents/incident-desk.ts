import { appendFileSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DateTime } from "luxon";
import type { RebalanceOptions, RebalanceResult } from "../../../src/execution/rebalancer.ts";
import { readAlert } from "../../../src/intake/alert.ts";
import { Intake } from "../../../src/intake/intake.ts";
import type { Decision } from "../../../src/intake/judge.ts";
import { trustedOwners } from "../../../src/intake/trust.ts";
import type { DeskOptions } from "../../execution/virtual-desk.ts";
import { VirtualDesk } from "../../execution/virtual-desk.ts";
import { fileText, Folder, LONDON } from "../../intake/alerts.ts";

const RECORDED = join(import.meta.dirname, "../../intake/recorded/nuclear_alerts.2025-07-14..16.jsonl");

/** A moment of the original's log, which was written in Europe/London. */
export const london = (text: string): number => DateTime.fromISO(text, { zone: LONDON }).toMillis();

/** The recorded alert lines as they stood in the file at a moment. */
export function recordedUntil(moment: number): string[] {
  const lines = readFileSync(RECORDED, "utf8").trim().split("\n");
  return lines.filter((line) => (readAlert(line, LONDON).stamp ?? Infinity) <= moment);
}

export interface IncidentOptions extends DeskOptions {
  readonly timezone?: string;
}

/** What an alert came to: how it was executed or declined, or why it was not handed out at all. */
type Acted = RebalanceResult | Exclude<Decision, { kind: "execute" }>;

/** The whole way from the text of an alerts file on disk to the venue's order book, in virtual time. */
export class IncidentDesk extends VirtualDesk {
  readonly #folder = new Folder();
  readonly #timezone: string;
  #intake: Intake | undefined;

  constructor(options: IncidentOptions = {}) {
    super(options);
    this.#timezone = options.timezone ?? LONDON;
  }

  /** Replaces the file, which was last written `modifiedAt`. */
  write(lines: readonly string[], modifiedAt = this.clock.now()): void {
    writeFileSync(this.#file, fileText(lines), { mode: 0o644 });
    utimesSync(this.#file, modifiedAt / 1_000, modifiedAt / 1_000);
  }

  append(...lines: readonly string[]): void {
    appendFileSync(this.#file, fileText(lines), { mode: 0o644 });
    utimesSync(this.#file, this.clock.now() / 1_000, this.clock.now() / 1_000);
  }

  /** Acts once on the newest run in the file, as `execute` does. */
  async act(options: Partial<RebalanceOptions> = {}): Promise<Acted> {
    const intake = (this.#intake ??= this.#openIntake());
    let { decision } = intake.rejudge("start");
    while (decision.kind === "wait" && decision.for === "settle") {
      await this.clock.advance(Math.max(1, decision.until - this.clock.now()));
      decision = intake.rejudge("start").decision;
    }
    return decision.kind === "execute" ? this.run(decision.signal, options) : decision;
  }

  override async restart(...change: Parameters<VirtualDesk["restart"]>): Promise<void> {
    this.#intake?.close();
    this.#intake = undefined;
    await super.restart(...change);
  }

  override async close(): Promise<void> {
    this.#intake?.close();
    this.#folder.remove();
    await super.close();
  }

  get #file(): string {
    return this.#folder.file();
  }

  #openIntake(): Intake {
    return new Intake({
      strategy: "nuclear",
      alertsFile: this.#file,
      timezone: this.#timezone,
      mode: "paper",
      maxAgeSeconds: 300,
      settleSeconds: 1,
      allowedSymbols: undefined,
      owners: trustedOwners(undefined),
      clock: this.clock,
      ledger: this.ledger,
    });
  }
}
