/** Markup that is safe to insert into a page; made only by {@link html}. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly (string | Markup)[];

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * A template that escapes every value in text and quoted attributes unless it is already markup, so that a
 * strategy's reason or a venue's message never becomes a tag.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + rendered(parts[index - 1] ?? "") + string));
}

function rendered(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(rendered).join("");
  return String(part)
    .replace(/[\p{Cc}\p{Cf}]/gu, " ")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
