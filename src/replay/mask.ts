import { accountMark } from "../execution/orders/ids.ts";

/**
 * Account numbers and ids in a text become `ACCOUNT-1`, `ACCOUNT-2`, …, the same one always the same; and what ids of orders name
 * them by becomes `00000001`, `00000002`, …, because numbers of nine digits can be guessed from it. @param numbers may grow.
 */
export function accountMask(numbers: ReadonlySet<string>): (text: string) => string {
  let pattern: RegExp | undefined;
  let known = 0;
  const names = new Map<string, string>();
  return (text) => {
    if (known !== numbers.size) {
      for (const number of numbers) {
        if (number === "" || names.has(number)) continue;
        const place = String(names.size / 2 + 1);
        names.set(number, `ACCOUNT-${place}`).set(accountMark(number), place.padStart(8, "0"));
      }
      known = numbers.size;
      const longestFirst = [...names.keys()].toSorted((one, other) => other.length - one.length);
      // As a whole word: a short number must not be found within an id or an amount.
      const any = longestFirst.map((each) => each.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`)).join("|");
      pattern = new RegExp(String.raw`(?<![A-Za-z0-9]|\d\.)(?:${any})(?![A-Za-z0-9]|\.\d)`, "g");
    }
    return pattern === undefined || names.size === 0 ? text : text.replace(pattern, (number) => names.get(number) ?? number);
  };
}
