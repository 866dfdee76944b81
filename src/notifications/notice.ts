import { z } from "zod";
import type { NoticeLevel, NotificationSettings } from "../domain/config.ts";

/** What people are told about. */
export type NoticeKind =
  | "execution"
  /** A run that is not executed, or not now. */
  | "not-executed"
  | "halted"
  | "resumed"
  /** A signal that was due did not come. */
  | "signal-missing"
  /** The daemon started after one that was cut off. */
  | "restarted"
  /** The daemon, or a command, ended because of an error. */
  | "failed"
  | "daily-summary"
  | "test";

/** Something that people are told, once. */
export interface Notice {
  readonly kind: NoticeKind;
  readonly level: NoticeLevel;
  /** Names the occasion, across restarts: the same one is told once. */
  readonly key: string;
  /** A few words without a full stop. */
  readonly title: string;
  /** Sentences and figures: what happened and what to do. */
  readonly lines: readonly string[];
}

/** Who speaks. */
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

/** A notice as it goes out and as the outbox keeps it: with who spoke and when. No secret is in it. */
export type Message = Readonly<z.infer<typeof message>>;

/** Reads what an earlier process left in the outbox; undefined for what cannot be understood. */
export function messageIn(content: unknown): Message | undefined {
  return message.safeParse(content).data;
}

/** Live money must be unmistakable in the first word. */
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
    title: clean(`${mode.toUpperCase()}: ${notice.title}`),
    lines: [...notice.lines, `alpaca-trader on ${host}, ${who}`].map(clean),
  };
}

const ORDER: readonly NoticeLevel[] = ["info", "warning", "error"];

/** Whether the settings want a notice of this level to be sent. */
export function isWanted(level: NoticeLevel, least: NotificationSettings["level"]): boolean {
  return least !== "off" && ORDER.indexOf(level) >= ORDER.indexOf(least);
}
