import { percentDecoded } from "../domain/percent-decoding.ts";

/** With a socket (`?host=/run/postgresql`) PostgreSQL's addresses name no host, which `URL` refuses next to a user. */
const PLACE_OF_HOST = "socket.invalid";

/** @returns `undefined` for what PostgreSQL's client cannot read either, such as a bare `%` or `/` in a password. */
function parsed(address: string): URL | undefined {
  if (percentDecoded(address) === undefined) return undefined;
  return URL.parse(address) ?? URL.parse(address.replace("@/", `@${PLACE_OF_HOST}/`)) ?? undefined;
}

export function isDatabaseAddress(address: string): boolean {
  return parsed(address) !== undefined;
}

/** The password as the address writes it and as it is, wherever it stands. */
export function passwordsIn(address: string): string[] {
  const url = parsed(address);
  if (url === undefined) return [];
  const written = [url.password, ...url.search.slice(1).split("&").flatMap(passwordOfPair)];
  const found = written.flatMap((text) => [text, percentDecoded(text) ?? text, percentDecoded(text.replaceAll("+", " ")) ?? text]);
  return [...new Set(found)].filter((text) => text !== "");
}

function passwordOfPair(pair: string): string[] {
  const [name = "", ...value] = pair.split("=");
  return percentDecoded(name) === "password" ? [value.join("=")] : [];
}
