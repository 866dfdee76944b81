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

export interface HtmlColumn {
  readonly title: string;
  /** `number` is right-aligned, `words` may wrap. */
  readonly kind?: "number" | "words";
}

export type HtmlCell = string | Markup;

export function columns(...titles: readonly string[]): HtmlColumn[] {
  return titles.map((title) => ({ title }));
}

export function numbers(...titles: readonly string[]): HtmlColumn[] {
  return titles.map((title) => ({ title, kind: "number" }));
}

/** A table with its own scrolling on a narrow screen. @param rows cells in column order. */
export function htmlTable(caption: string, columns: readonly HtmlColumn[], rows: readonly (readonly HtmlCell[])[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${columns.map(({ title, kind = "" }) => html`<th scope="col" class="${kind}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, index) => html`<td class="${columns[index]?.kind ?? ""}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function figureList(figures: readonly (readonly [name: string, value: HtmlCell])[]): Markup {
  return html`<dl class="figures">
    ${figures.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
