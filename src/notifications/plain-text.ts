import { oneLine } from "../reporting/style.ts";
import type { Message } from "./notice.ts";

const CUT = "…";

/** How a service expects its text, so that nothing in it becomes a link, a mention or formatting. */
export type Escape = (text: string) => string;

/** Only these three characters are special in Slack's text: `<!here>` would notify everyone, `&lt;!here&gt;` prints it. */
export const escapeForSlack: Escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Characters that are special in Discord's Markdown, and `-`, `+` and `1.` where they would begin a list. */
export const escapeForDiscord: Escape = (text) =>
  text
    .replace(/[\\*_~`|<>[\]()#@]/g, "\\$&")
    .replace(/^(\s*)([-+]|\d+\.)(?=\s)/, (_all, blanks: string, sign: string) => `${blanks}\\${sign}`);

export interface TextLimit {
  readonly limit: number;
  /** The service's unit of length: UTF-16 units for chats, bytes for ntfy. */
  readonly measure: (text: string) => number;
  readonly escape: Escape;
  /** Between the title and the lines; without a title when undefined. */
  readonly title: boolean;
}

export const inUnits = (text: string): number => text.length;
export const inBytes = (text: string): number => Buffer.byteLength(text);

const REPEATED = "(Sent again: the first attempt was not answered.)";

/**
 * A message as lines of plain text, cut to the service's limit. The last line names the sender and always stays;
 * the end of the report before it is cut.
 */
export function plainText(message: Message, repeated: boolean, { limit, measure, escape, title }: TextLimit): string {
  const report = [...(title ? [message.title] : []), ...(repeated ? [REPEATED] : []), ...message.lines.slice(0, -1)];
  const signature = escape(oneLine(message.lines.at(-1) ?? ""));
  const lines = report.map((line) => escape(oneLine(line)));
  const whole = [...lines, signature].join("\n");
  if (measure(whole) <= limit) return whole;
  const room = limit - measure(`\n${CUT}\n${signature}`);
  return `${fitting(lines.join("\n"), room, measure)}${CUT}\n${signature}`;
}

/** Never cuts inside a character, between a backslash and the character it escapes, or inside `&amp;`. */
function fitting(text: string, room: number, measure: (text: string) => number): string {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (measure(text.slice(0, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return text
    .slice(0, low)
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/&[a-z]{0,3}$/, "")
    .replace(/(?<!\\)(\\\\)*\\$/, "$1");
}
