/** Where a text is no longer valid JSON. */
export interface JsonFault {
  /** Index of the first invalid character, from 0. */
  readonly index: number;
  /** What to write instead; a sentence. */
  readonly advice: string;
}

const BLANKS = /[ \t\r\n]*/y;
/** Control characters, such as a line break, must be escaped in a string. */
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

type Expected = "value" | "first-value" | "key" | "first-key" | "colon" | "separator" | "end";

/** @returns `undefined` when the text is valid JSON. Takes one step per token, whatever the nesting. */
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
  [/^[‘’']/, "Put strings and keys in double quotes."],
  [/^[“”]/, 'Use straight quotes (").'],
  [/^"/, 'End the string with a double quote; inside it, write a line break as \\n and a quote as \\".'],
];

function adviceAt(text: string, at: number, expected: Expected): string {
  const rest = text.slice(at, at + 20);
  const word = ["end", "colon", "separator"].includes(expected) ? undefined : WORDS.find(([pattern]) => pattern.test(rest))?.[1];
  if (word !== undefined) return word;
  if (rest === "") return "The object has no end: write each object completely, on its own line.";
  switch (expected) {
    case "end":
      return rest.startsWith(",") ? "Remove the text after the object." : "Write each object on its own line, with nothing after it.";
    case "key":
    case "first-key":
      return "Write a key in double quotes.";
    case "colon":
      return text.startsWith("{") ? "Write a colon after the key." : EACH_LINE;
    case "separator":
      return "Write a comma between two members.";
    case "value":
    case "first-value":
      return at === 0 ? EACH_LINE : "Write a string in double quotes, a number, true, false or null.";
  }
}

const EACH_LINE = 'Write each alert as one JSON object on one line, such as {"timestamp": …}.';
