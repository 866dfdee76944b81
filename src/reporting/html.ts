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
  /** `number` is right-aligned, `words` may wrap, `bar` takes the room that is left. */
  readonly kind?: "number" | "words" | "bar";
  /** Left out on a phone, or on every screen that is not wide. */
  readonly wide?: "phone" | "tablet";
}

export type HtmlCell = string | Markup;

export function columns(...titles: readonly string[]): HtmlColumn[] {
  return titles.map((title) => ({ title }));
}

export function numbers(...titles: readonly string[]): HtmlColumn[] {
  return titles.map((title) => ({ title, kind: "number" }));
}

/**
 * A table with its own scrolling on a narrow screen, which works with the keyboard.
 * @param caption for screen readers, and unique on a page.
 * @param rows cells in column order, the first of them naming the row; or a whole row.
 */
export function htmlTable(caption: string, columns: readonly HtmlColumn[], rows: readonly (readonly HtmlCell[] | Markup)[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" ${classOf(column)}>${column.title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) =>
          row instanceof Markup
            ? row
            : html`<tr>
                ${row.map((cell, index) => cellOf(cell, columns[index], index))}
              </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellOf(cell: HtmlCell, column: HtmlColumn | undefined, index: number): Markup {
  return index === 0 ? html`<th scope="row" ${classOf(column)}>${cell}</th>` : html`<td ${classOf(column)}>${cell}</td>`;
}

function classOf(column: HtmlColumn | undefined): Markup | string {
  const names = [column?.kind ?? "", column?.wide === undefined ? "" : `wide-${column.wide}`].filter((name) => name !== "");
  return names.length === 0 ? "" : html`class="${names.join(" ")}"`;
}

/** Labelled figures, each with a quieter note if it has one. */
export function figureList(figures: readonly (readonly [name: string, value: HtmlCell, note?: HtmlCell | undefined])[]): Markup {
  return html`<dl class="figures">
    ${figures.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}${note === undefined ? "" : html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}
