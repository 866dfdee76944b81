import { readsLiveAccount, type TradingMode } from "../domain/config.ts";
import { credentialsNoun, type AlpacaCredentials } from "../domain/credentials.ts";
import { BrokerError } from "../domain/broker.ts";
import type { RejectedAnswer, VenueAnswer } from "./venue-answer.ts";
import { NO_MESSAGE } from "./venue-answer.ts";

/** The broker as error messages name it. */
export interface VenueNames {
  /** `Alpaca paper` */
  readonly broker: string;
  /** What was refused: `the keys` */
  readonly credentials: string;
  /** What to check then, as a sentence. */
  readonly credentialsHint: string;
  readonly endpointSetting: string;
}

export function venueNames(broker: string, mode: TradingMode, credentials: AlpacaCredentials): VenueNames {
  const prefix = readsLiveAccount(mode) ? "ALPACA_" : "ALPACA_PAPER_";
  return {
    broker,
    credentials: credentialsNoun(credentials),
    credentialsHint: credentialsHint(prefix, credentials),
    endpointSetting: `${prefix}ENDPOINT`,
  };
}

/** For market data, which has its own address and may refuse keys that the account accepts. */
export function dataNames(names: VenueNames): VenueNames {
  const hint =
    "If `alpaca-trader account` works with them, check ALPACA_DATA_ENDPOINT, and at Alpaca whether the account may read market data.";
  return { ...names, credentialsHint: `${names.credentialsHint} ${hint}`, endpointSetting: "ALPACA_DATA_ENDPOINT" };
}

function credentialsHint(prefix: string, { oauthToken }: AlpacaCredentials): string {
  return oauthToken === undefined
    ? `Check ${prefix}KEY and ${prefix}SECRET; paper keys do not work for live trading, nor live keys for paper.`
    : `Check ${prefix}OAUTH_TOKEN; it may have been revoked, or its owner did not allow this kind of account.`;
}

/** Alpaca's code for "not found". */
const NOT_FOUND_CODE = 40410000;

/**
 * Whether the venue itself reports that the order or asset does not exist. A proxy's 404 page, or an unknown path,
 * proves nothing about the order, and treating it as absent could send the same order twice (R19).
 */
export function isAbsent(answer: VenueAnswer, thing: "order" | "asset"): boolean {
  if (answer.kind !== "rejected" || answer.status !== 404 || !answer.isJson) return false;
  return answer.code === NOT_FOUND_CODE || new RegExp(`\\b${thing}\\b.*(not found|does not exist)`, "i").test(answer.message);
}

/**
 * The error of a read without a reliable answer.
 * @param activity what was being done: `"reading the account"`.
 */
export function readError(answer: Exclude<VenueAnswer, { kind: "success" }>, activity: string, names: VenueNames): BrokerError {
  switch (answer.kind) {
    case "none":
      return new BrokerError("unreachable", `${names.broker} did not answer while ${activity}: ${stripped(answer.message)}.`, {
        hint: checkConnection(names),
      });
    case "garbled":
      return unreadable(`${names.broker} answered with something that is not JSON while ${activity}.`, answer, names);
    case "rejected":
      return rejection(answer, activity, names);
  }
}

/** The error of an answer that lacks required data. */
export function unreadable(
  message: string,
  answer: { readonly status: number; readonly requestId: string | undefined },
  names: VenueNames,
): BrokerError {
  return new BrokerError("unreadable", message, {
    hint: `Check that ${names.endpointSetting} is Alpaca's own address; if it is, its answer format may have changed.`,
    status: answer.status,
    requestId: answer.requestId,
  });
}

function rejection(answer: RejectedAnswer, activity: string, names: VenueNames): BrokerError {
  const { status, requestId } = answer;
  const reply = `(HTTP ${status}: ${stripped(answer.message)})`;
  if (isFeedRefusal(answer)) {
    return new BrokerError("refused", `${names.broker} does not sell this account the requested market data feed ${reply}.`, {
      hint: "Set ALPACA_DATA_FEED=iex, which every account can read.",
      status,
      requestId,
    });
  }
  if (isProxysRefusal(answer)) {
    return new BrokerError("unreachable", `${names.broker} did not answer like Alpaca while ${activity} ${reply}.`, {
      hint: "A proxy or a firewall may have answered, because Alpaca answers in JSON.",
      status,
      requestId,
    });
  }
  if (status === 401 || (status === 403 && answer.code === undefined)) {
    return new BrokerError("unauthorized", `${names.broker} refused ${names.credentials} while ${activity} ${reply}.`, {
      hint: names.credentialsHint,
      status,
      requestId,
    });
  }
  if (status === 429) {
    return new BrokerError("unreachable", `${names.broker} reports its rate limit as used up ${reply}, while ${activity}.`, {
      hint: "Another program may be using the same account; the limit is shared.",
      status,
      requestId,
    });
  }
  if (status >= 500 || status === 408) {
    return new BrokerError("unreachable", `${names.broker} failed while ${activity} ${reply}.`, {
      hint: "See https://status.alpaca.markets.",
      status,
      requestId,
    });
  }
  if (!answer.isJson || (answer.code === undefined && (status === 404 || answer.message === NO_MESSAGE)))
    return unreadable(`${names.broker} did not answer like Alpaca while ${activity} ${reply}.`, answer, names);
  const hint = status === 404 ? { hint: `Check ${names.endpointSetting}: nothing was found at that address.` } : {};
  // Market data gives a message without a code, of doubts that may pass.
  const failure = answer.code === undefined ? "unreadable" : "refused";
  return new BrokerError(failure, `${names.broker} refused while ${activity} ${reply}.`, { ...hint, status, requestId });
}

/** The venue refuses keys in JSON. A page is the answer of something on the way, which may pass, and says nothing of the keys. */
export function isProxysRefusal({ status, isJson }: RejectedAnswer): boolean {
  return (status === 401 || status === 403) && !isJson;
}

/** Recognised by its text: it comes with several codes and without one. */
function isFeedRefusal({ status, message }: RejectedAnswer): boolean {
  return status >= 400 && status < 500 && /subscription does not permit/i.test(message);
}

function checkConnection(names: VenueNames): string {
  return `Check the network and ${names.endpointSetting}; see https://status.alpaca.markets.`;
}

function stripped(message: string): string {
  return message.replace(/[.\s]+$/, "");
}
