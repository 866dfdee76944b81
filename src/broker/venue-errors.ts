import type { TradingMode } from "../domain/config.ts";
import { BrokerError } from "../domain/broker.ts";
import type { RejectedAnswer, VenueAnswer } from "./venue-answer.ts";
import { NO_MESSAGE } from "./venue-answer.ts";

/** The broker as its error messages speak of it. */
export interface VenueNames {
  /** `Alpaca paper` */
  readonly broker: string;
  /** The settings a person would look at. */
  readonly keySetting: string;
  readonly secretSetting: string;
  readonly endpointSetting: string;
}

export function venueNames(broker: string, mode: TradingMode): VenueNames {
  const prefix = mode === "live" ? "ALPACA_" : "ALPACA_PAPER_";
  return { broker, keySetting: `${prefix}KEY`, secretSetting: `${prefix}SECRET`, endpointSetting: `${prefix}ENDPOINT` };
}

/** Alpaca's code for "no such thing". */
const NOT_FOUND_CODE = 40410000;

/**
 * Whether the venue itself says that it has no such order or asset. A 404 page of a proxy, or a
 * path that the server does not know, says nothing about the order, and taking it for an absence
 * could send the same order twice (R19).
 */
export function isAbsent(answer: VenueAnswer, thing: "order" | "asset"): boolean {
  if (answer.kind !== "rejected" || answer.status !== 404 || !answer.isJson) return false;
  return answer.code === NOT_FOUND_CODE || new RegExp(`\\b${thing}\\b.*(not found|does not exist)`, "i").test(answer.message);
}

/**
 * The error of a read that brought no answer to rely on.
 * @param activity what was being done: `"reading the account"`.
 */
export function readError(answer: Exclude<VenueAnswer, { kind: "success" }>, activity: string, names: VenueNames): BrokerError {
  switch (answer.kind) {
    case "none":
      return new BrokerError("unreachable", `${names.broker} did not answer while ${activity}: ${answer.message}.`, {
        hint: checkConnection(names),
      });
    case "garbled":
      return unreadable(`${names.broker} answered with something that is not JSON while ${activity}.`, answer, names);
    case "rejected":
      return rejection(answer, activity, names);
  }
}

/** The error of an answer that lacks what is needed. */
export function unreadable(
  message: string,
  answer: { readonly status: number; readonly requestId: string | undefined },
  names: VenueNames,
): BrokerError {
  return new BrokerError("unreadable", message, {
    hint: `Check that ${names.endpointSetting} is Alpaca's own address; if it is, the form of its answers may have changed.`,
    status: answer.status,
    requestId: answer.requestId,
  });
}

function rejection(answer: RejectedAnswer, activity: string, names: VenueNames): BrokerError {
  const { status, requestId } = answer;
  const said = `(HTTP ${status}: ${stripped(answer.message)})`;
  if (isFeedRefusal(answer)) {
    return new BrokerError("refused", `${names.broker} does not sell this account the requested market data feed ${said}.`, {
      hint: "Set ALPACA_DATA_FEED=iex, which every account may read.",
      status,
      requestId,
    });
  }
  if (status === 401 || (status === 403 && answer.code === undefined)) {
    return new BrokerError("unauthorized", `${names.broker} refused the keys while ${activity} ${said}.`, {
      hint: `Check ${names.keySetting} and ${names.secretSetting}; keys of paper trading do not work in live trading, nor the other way round.`,
      status,
      requestId,
    });
  }
  if (status === 429) {
    return new BrokerError("unreachable", `${names.broker} allows no more requests for the moment ${said}, while ${activity}.`, {
      hint: "Another program may be using the same account; the limit is shared.",
      status,
      requestId,
    });
  }
  if (status >= 500 || status === 408) {
    return new BrokerError("unreachable", `${names.broker} failed while ${activity} ${said}.`, {
      hint: "Alpaca's state is shown at https://status.alpaca.markets.",
      status,
      requestId,
    });
  }
  if (!answer.isJson || (answer.code === undefined && (status === 404 || answer.message === NO_MESSAGE)))
    return unreadable(`${names.broker} did not answer as Alpaca does while ${activity} ${said}.`, answer, names);
  const hint = status === 404 ? { hint: `Check ${names.endpointSetting}: at that address there is no such thing.` } : {};
  // Market data gives a message without a code, of doubts that may pass.
  const failure = answer.code === undefined ? "unreadable" : "refused";
  return new BrokerError(failure, `${names.broker} refused while ${activity} ${said}.`, { ...hint, status, requestId });
}

/** Told by its text: it comes with several codes and without one. */
function isFeedRefusal({ status, message }: RejectedAnswer): boolean {
  return status >= 400 && status < 500 && /subscription does not permit/i.test(message);
}

function checkConnection(names: VenueNames): string {
  return `Check the network and ${names.endpointSetting}; Alpaca's state is shown at https://status.alpaca.markets.`;
}

function stripped(message: string): string {
  return message.replace(/[.\s]+$/, "");
}
