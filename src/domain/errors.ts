/** Exit codes of every command; part of the outward contract. */
export const EXIT = { ok: 0, failed: 1, refused: 3, configuration: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface TraderErrorOptions {
  /** Stable, kebab-case name of the kind of failure, for logs and tests. */
  code: string;
  /** What the operator can do about it; one sentence. */
  hint?: string;
  /** Whether doing the same thing again later may succeed. */
  retryable?: boolean;
  /** What the process exits with when nothing handles this. */
  exitCode?: ExitCode;
  cause?: unknown;
}

/** An error made for a person: one clear sentence, a hint, and whether trying again makes sense. */
export class TraderError extends Error {
  override readonly name: string = "TraderError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly exitCode: ExitCode;

  constructor(message: string, options: TraderErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** The text of anything thrown. */
export function messageOf(thrown: unknown): string {
  return Error.isError(thrown) ? thrown.message : String(thrown);
}

/** Anything thrown as an error, so that it can be kept and thrown again. */
export function asError(thrown: unknown): Error {
  return Error.isError(thrown) ? thrown : new Error(String(thrown));
}
