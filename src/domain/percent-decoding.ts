/** Text of an address, decoded; `undefined` when a `%` in it does not begin the UTF-8 of a character. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
