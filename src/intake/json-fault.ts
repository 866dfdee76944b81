/** Where a text stops being JSON. */
export interface JsonFault {
  /** Of the first character that does not fit, from 0. */
  readonly index: number;
  /** What to write instead; a sentence. */
  readonly advice: string;
}

const BLANKS = /[ \t\r\n]*/y;
/** Control characters, such as a line break, have to be escaped in a text. */
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

type Expected = "value" | "first-value" | "key" | "first-key" | "colon" | "separator" | "end";

/** @returns `undefined` where the text is JSON. Takes one step for each token, however deep they are nested. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return false;
    at += found.length;
    return true;
  };
  const afterValue = (): Expected => (open.length === 0 ? "end" : "separator");
  for (;;) {
    take(BLANKS);
    const next = text[at];
    if (next === undefined) return expected === "end" ? undefined : { index: at, advice: adviceAt(text, at, expected) };
    const closes = next === (open.at(-1) === "{" ? "}" : "]") && open.length > 0;
    if (closes && (expected === "separator" || expected === "first-key" || expected === "first-value")) {
      open.pop();
      at += 1;
      expected = afterValue();
    } else if (expected === "separator" && next === ",") {
      at += 1;
      expected = open.at(-1) === "{" ? "key" : "value";
    } else if (expected === "colon" && next === ":") {
      at += 1;
      expected = "value";
    } else if ((expected === "key" || expected === "first-key") && take(STRING)) {
      expected = "colon";
    } else if ((expected === "value" || expected === "first-value") && (next === "{" || next === "[")) {
      open.push(next);
      at += 1;
      expected = next === "{" ? "first-key" : "first-value";
    } else if ((expected === "value" || expected === "first-value") && (take(STRING) || take(SCALAR))) {
      expected = afterValue();
    } else return { index: at, advice: adviceAt(text, at, expected) };
  }
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(?:[+-]?(?:nan|inf(?:inity)?)|None|undefined)\b/i, "Write null instead."],
  [/^True\b/, "Write true."],
  [/^False\b/, "Write false."],
  [/^[‘’']/, "Put texts and keys in double quotes."],
  [/^[“”]/, 'Use straight quotes (").'],
  [/^"/, 'End the text with a double quote; write a line break in it as \\n and a quote as \\".'],
];

function adviceAt(text: string, at: number, expected: Expected): string {
  const rest = text.slice(at, at + 20);
  const word = ["end", "colon", "separator"].includes(expected) ? undefined : WORDS.find(([pattern]) => pattern.test(rest))?.[1];
  if (word !== undefined) return word;
  if (rest === "") return "The object has no end: write each object whole, on one line of its own.";
  switch (expected) {
    case "end":
      return rest.startsWith(",")
        ? "Leave out what stands behind the object."
        : "Write each object on a line of its own, with nothing behind it.";
    case "key":
    case "first-key":
      return "Write a key in double quotes.";
    case "colon":
      return text.startsWith("{") ? "Write a colon behind the key." : EACH_LINE;
    case "separator":
      return "Write a comma between two members.";
    case "value":
    case "first-value":
      return at === 0 ? EACH_LINE : "Write a text in double quotes, a number, true, false or null.";
  }
}

const EACH_LINE = 'Write each alert as one JSON object on one line, such as {"timestamp": …}.';
