import { z } from "zod";
import { modeHeading, type NoticeLevel, type NotificationSettings } from "../domain/config.ts";

export type NoticeKind =
  | "execution"
  /** A run that is not executed, or not now. */
  | "not-executed"
  | "halted"
  | "resumed"
  /** A due signal was not generated. */
  | "signal-missing"
  /** The daemon started after one that did not stop cleanly. */
  | "restarted"
  /** The daemon, or a command, ended because of an error. */
  | "failed"
  | "daily-summary"
  | "test";

export interface Notice {
  readonly kind: NoticeKind;
  readonly level: NoticeLevel;
  /** Identifies the occasion, across restarts: the same one is sent once. */
  readonly key: string;
  /** A few words without a full stop. */
  readonly title: string;
  /** Sentences and figures: what happened and what to do. */
  readonly lines: readonly string[];
}

export interface Origin {
  readonly mode: string;
  /** The account's number; undefined until it is known. */
  readonly account: string | undefined;
  readonly host: string;
}

const message = z.object({
  kind: z.string(),
  level: z.enum(["info", "warning", "error"]),
  key: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  mode: z.string(),
  account: z.string().optional(),
  host: z.string(),
  title: z.string(),
  lines: z.array(z.string()),
});

/** A notice as sent and as stored in the outbox, with sender and time. Contains no secret. */
export type Message = Readonly<z.infer<typeof message>>;

/** Reads a stored notice of an earlier process; undefined if it cannot be understood. */
export function messageIn(content: unknown): Message | undefined {
  return message.safeParse(content).data;
}

/** Live money must be obvious from the first word, and so must an order that was never sent. */
export function messageFrom(notice: Notice, sender: Origin, at: number, clean: (text: string) => string): Message {
  const { mode, account, host } = sender;
  const who = account === undefined ? `${mode} mode` : `${mode} account ${account}`;
  return {
    kind: notice.kind,
    level: notice.level,
    key: notice.key,
    at,
    mode,
    ...(account === undefined ? {} : { account }),
    host,
    title: clean(`${modeHeading(mode)}: ${notice.title}`),
    lines: [...notice.lines, `alpaca-trader on ${host}, ${who}`].map(clean),
  };
}

const ORDER: readonly NoticeLevel[] = ["info", "warning", "error"];

/** Whether the settings allow a notice of this level. */
export function isWanted(level: NoticeLevel, least: NotificationSettings["level"]): boolean {
  return least !== "off" && ORDER.indexOf(level) >= ORDER.indexOf(least);
}
