import { oneLine } from "../reporting/style.ts";
import type { Message } from "./notice.ts";

const CUT = "…";

/** How a service wants the text that it takes, so that nothing in it turns into a link, a mention or a format. */
export type Escape = (text: string) => string;

/** Only these three have a meaning in Slack's text: `<!here>` would call everyone, `&lt;!here&gt;` says it. */
export const escapeForSlack: Escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Everything that Discord's Markdown gives a meaning to, and `-`, `+` and `1.` where they would begin a list. */
export const escapeForDiscord: Escape = (text) =>
  text
    .replace(/[\\*_~`|<>[\]()#@]/g, "\\$&")
    .replace(/^(\s*)([-+]|\d+\.)(?=\s)/, (_all, blanks: string, sign: string) => `${blanks}\\${sign}`);

export interface TextLimit {
  readonly limit: number;
  /** How the service counts: UTF-16 units for chats, bytes for ntfy. */
  readonly measure: (text: string) => number;
  readonly escape: Escape;
  /** Between the title and the lines; without a title when undefined. */
  readonly title: boolean;
}

export const inUnits = (text: string): number => text.length;
export const inBytes = (text: string): number => Buffer.byteLength(text);

/** Said before a message that may be there already. */
const REPEATED = "(Sent again: the first attempt was not answered.)";

/**
 * A message as lines of plain text, cut to what the service takes. The last line says who speaks and
 * always stays; what gives way is the end of the report before it.
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

/** Never cuts a character, nor between a backslash and what it escapes, nor inside `&amp;`. */
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
