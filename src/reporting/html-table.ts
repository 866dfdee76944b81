import { html, type Markup } from "./html.ts";

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

/** Labelled figures side by side. */
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
