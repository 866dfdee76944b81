import { appendFileSync, utimesSync, writeFileSync } from "node:fs";
import type { ClockDoubt } from "../../src/intake/assessment.ts";
import { Intake } from "../../src/intake/intake.ts";
import type { IntakeOptions, IntakeReport } from "../../src/intake/intake.ts";
import { trustedOwners } from "../../src/intake/trust.ts";
import type { Ledger } from "../../src/domain/ledger.ts";
import { VirtualClock } from "../../src/domain/virtual-clock.ts";
import { newLedger } from "../ledger/new-ledger.ts";
import { Folder, T0, fileText } from "./alerts.ts";

/** An alerts file on disk, a ledger in memory and a virtual clock around one intake. */
export class AlertsDesk {
  readonly folder = new Folder();
  readonly file = this.folder.file();
  readonly clock: VirtualClock;
  readonly ledger: Ledger = newLedger();
  readonly #settings: Partial<IntakeOptions>;
  intake: Intake;

  constructor(settings: Partial<IntakeOptions> = {}, startMs = T0) {
    this.clock = new VirtualClock(startMs);
    this.#settings = settings;
    this.intake = this.#open();
  }

  #open(): Intake {
    return new Intake({
      strategy: "nuclear",
      alertsFile: this.file,
      timezone: "Europe/London",
      mode: "paper",
      maxAgeSeconds: 300,
      settleSeconds: 1,
      allowedSymbols: undefined,
      owners: trustedOwners(undefined),
      clock: this.clock,
      ledger: this.ledger,
      ...this.#settings,
    });
  }

  /** Writes the whole file, with a modification time of the virtual clock. */
  write(lines: readonly string[], modifiedAt = this.clock.now()): void {
    writeFileSync(this.file, fileText(lines), { mode: 0o644 });
    utimesSync(this.file, modifiedAt / 1_000, modifiedAt / 1_000);
  }

  append(...lines: readonly string[]): void {
    appendFileSync(this.file, fileText(lines), { mode: 0o644 });
  }

  look(): IntakeReport {
    return this.intake.look();
  }

  /** As after a kill: a new process on the same ledger and file. */
  restart(clockDoubt?: ClockDoubt): IntakeReport {
    this.intake.close();
    this.intake = this.#open();
    return this.intake.rejudge("start", clockDoubt);
  }

  close(): void {
    this.intake.close();
    this.ledger.close();
    this.folder.remove();
  }

  /** The current verdict of every recorded line, in the order of the given lines. */
  verdictsOf(hashes: readonly string[]): (string | undefined)[] {
    const known = this.ledger.lines("nuclear", hashes);
    return hashes.map((hash) => known.get(hash)?.verdict);
  }
}
