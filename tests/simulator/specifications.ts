import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const FOLDER = join(import.meta.dirname, "..", "..", "..", "shared", "alpaca");

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: "query" | "path" | "header";
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: { readonly "application/json"?: { readonly schema?: Schema } } };
  readonly responses?: Readonly<Record<string, object>>;
}

export interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | readonly Parameter[]>>>>;
}

/** Alpaca's OpenAPI documents by name, of those that lie next to the checkout. */
export function readSpecifications(): Map<string, Specification> {
  const files = ["trading", "market-data"].map((name) => [name, join(FOLDER, `openapi-${name}.yaml`)] as const);
  const found = files.filter(([, file]) => existsSync(file));
  return new Map(found.map(([name, file]) => [name, parse(readFileSync(file, "utf8")) as Specification]));
}

/** What a reference of a document points to; anything else itself. */
export function resolved<T extends { readonly $ref?: string }>(specification: Specification, value: T): T {
  if (value.$ref === undefined) return value;
  const parts = value.$ref.slice("#/".length).split("/");
  const target = parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part.replace(/~1/g, "/")], specification);
  return resolved(specification, target as T);
}
