import type { BrokerError } from "../domain/broker.ts";
import type { Clock } from "../domain/clock.ts";
import { formatDuration } from "../domain/time-format.ts";
import type { TraderEvent } from "./events.ts";

const REMIND_MS = 600_000;

/** Says why an account cannot be read: at first, when the reason changes, every ten minutes, and when it is over. */
export class UnreadAccount {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #emit: (event: TraderEvent) => void;
  #since: number | undefined;
  #reason = "";
  #saidAt = 0;

  constructor(clock: Pick<Clock, "monotonic">, emit: (event: TraderEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  failed({ message, hint }: BrokerError): void {
    const now = this.#clock.monotonic();
    const isFirst = this.#since === undefined;
    this.#since ??= now;
    if (message === this.#reason && now - this.#saidAt < REMIND_MS) return;
    const lasting = isFirst ? "" : ` (for ${formatDuration(now - this.#since)})`;
    this.#emit({ kind: "remark", level: "error", text: `Cannot read the account yet${lasting}: ${message}`, hint });
    [this.#reason, this.#saidAt] = [message, now];
  }

  read(): void {
    if (this.#since === undefined) return;
    const lasted = formatDuration(this.#clock.monotonic() - this.#since);
    this.#emit({ kind: "remark", level: "warn", text: `The account can be read again, after ${lasted}.` });
  }
}
