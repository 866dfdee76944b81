import { messageOf, TraderError } from "../domain/errors.ts";
import { parseDecimal, type Decimal } from "../domain/decimal.ts";
import type { Redact } from "./redaction.ts";

/** The result of one request, whatever the SDK made of it. */
export type VenueAnswer =
  /** A 2xx with JSON, or with an empty body (`json` is then undefined). */
  | { readonly kind: "success"; readonly status: number; readonly json: unknown; readonly requestId: string | undefined }
  /** A 2xx that is not JSON. */
  | { readonly kind: "garbled"; readonly status: number; readonly requestId: string | undefined }
  | RejectedAnswer
  /** No complete answer: network failure, time-out, cut body, redirect. */
  | { readonly kind: "none"; readonly message: string };

/** An answer other than 2xx. */
export interface RejectedAnswer {
  readonly kind: "rejected";
  readonly status: number;
  /** Alpaca's own code, when the body is JSON and carries a numeric one. */
  readonly code: number | undefined;
  readonly message: string;
  /** Alpaca's `reject_reason`, which some refusals have besides the message. */
  readonly detail: string | undefined;
  /** Dollars in a refusal for lack of buying power; missing elsewhere. */
  readonly buyingPower?: Decimal | undefined;
  readonly costBasis?: Decimal | undefined;
  /** Shares that may be sold, in a refusal of a sell of more. */
  readonly available?: Decimal | undefined;
  readonly requestId: string | undefined;
  /** False for a proxy's HTML page: then the venue itself did not answer. */
  readonly isJson: boolean;
}

const MAX_MESSAGE_LENGTH = 300;

/** Used as the message of an answer without one. */
export const NO_MESSAGE = "no message";

/**
 * Makes one call of the SDK's raw API and describes its result as a value. The body is read here and not by the
 * SDK's models, which drop unknown keys and rewrite messages.
 * @throws TraderError when our own guard stopped the request; that is not an answer of the venue.
 */
export async function ask(call: () => Promise<{ raw: Response }>, redact: Redact): Promise<VenueAnswer> {
  try {
    const { raw } = await call();
    return await success(raw);
  } catch (thrown) {
    const own = causesOf(thrown).find((cause) => cause instanceof TraderError);
    if (own !== undefined) throw own;
    const response = responseOf(thrown);
    return response === undefined
      ? { kind: "none", message: redact(describe(thrown)).slice(0, MAX_MESSAGE_LENGTH) }
      : rejected(response, redact);
  }
}

async function success(response: Response): Promise<VenueAnswer> {
  const { status } = response;
  const requestId = response.headers.get("X-Request-ID") ?? undefined;
  const text = await response.text();
  if (text === "") return { kind: "success", status, json: undefined, requestId };
  const json = parseJson(text);
  return json === undefined ? { kind: "garbled", status, requestId } : { kind: "success", status, json, requestId };
}

async function rejected(response: Response, redact: Redact): Promise<VenueAnswer> {
  const body = parseJson(await response.clone().text());
  const fields = isRecord(body) ? body : undefined;
  const ownMessage = textIn(fields, "message") ?? textIn(fields, "error");
  return {
    kind: "rejected",
    status: response.status,
    code: Number.isInteger(fields?.code) ? (fields?.code as number) : undefined,
    // A secret that is cut off could no longer be recognised.
    message: redact(ownMessage ?? (fields === undefined ? "the answer is not JSON" : NO_MESSAGE)).slice(0, MAX_MESSAGE_LENGTH),
    detail: textIn(fields, "reject_reason"),
    buyingPower: amountIn(fields, "buying_power"),
    costBasis: amountIn(fields, "cost_basis"),
    available: amountIn(fields, "available"),
    requestId: response.headers.get("X-Request-ID") ?? undefined,
    isJson: fields !== undefined,
  };
}

/** The answer inside an `ApiError` of the SDK; its classes differ between bundles, so its structure decides. */
function responseOf(thrown: unknown): Response | undefined {
  if (!isRecord(thrown)) return undefined;
  const response = thrown.response;
  return isRecord(response) && typeof response.status === "number" && typeof response.clone === "function"
    ? (response as unknown as Response)
    : undefined;
}

/** The innermost causes name the failure (`ECONNREFUSED`); the outer ones only that there was one. */
function describe(thrown: unknown): string {
  const innermost = causesOf(thrown).at(-1);
  const code = isRecord(innermost) && typeof innermost.code === "string" ? innermost.code : undefined;
  const message = messageOf(innermost).trim();
  return message === "" ? (code ?? "no reason given") : message;
}

function causesOf(thrown: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let next = thrown; next !== undefined && next !== null && causes.length < 10; next = isRecord(next) ? next.cause : undefined)
    causes.push(next);
  return causes;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textIn(fields: Record<string, unknown> | undefined, key: string): string | undefined {
  const value = fields?.[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Alpaca writes these as text; a number is taken as well. */
function amountIn(fields: Record<string, unknown> | undefined, key: string): Decimal | undefined {
  const value = fields?.[key];
  return parseDecimal(typeof value === "number" ? String(value) : value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
