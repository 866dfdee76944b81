import type { BrokerError } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { formatDuration } from "../domain/time-format.ts";
import type { TraderEvent } from "./events.ts";

const REMIND_MS = 600_000;

/** Says why an account cannot be read: at first, when the reason changes, every ten minutes, and when it is over. */
export class UnreadAccount {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #emit: (event: TraderEvent) => void;
  readonly #opening: string;
  #since: number | undefined;
  #reason = "";
  #saidAt = 0;

  /** @param opening what cannot be done: `Cannot read the account yet`. */
  constructor(clock: Pick<Clock, "monotonic">, emit: (event: TraderEvent) => void, opening: string) {
    this.#clock = clock;
    this.#emit = emit;
    this.#opening = opening;
  }

  failed({ message, hint }: BrokerError): void {
    const now = this.#clock.monotonic();
    const isFirst = this.#since === undefined;
    this.#since ??= now;
    if (message === this.#reason && now - this.#saidAt < REMIND_MS) return;
    const lasting = isFirst ? "" : ` (for ${formatDuration(now - this.#since)})`;
    this.#emit({ kind: "remark", level: "error", text: `${this.#opening}${lasting}: ${message}`, hint });
    [this.#reason, this.#saidAt] = [message, now];
  }

  read(): void {
    if (this.#since === undefined) return;
    const lasted = formatDuration(this.#clock.monotonic() - this.#since);
    this.#emit({ kind: "remark", level: "warn", text: `The account can be read again, after ${lasted}.` });
    [this.#since, this.#reason] = [undefined, ""];
  }
}
