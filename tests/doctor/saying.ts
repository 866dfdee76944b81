import { expect } from "@jest/globals";
import type { CheckStatus, Finding } from "../../src/doctor/check.ts";

/** A finding of this kind containing these words; anything but `ok` needs a hint. */
export function saying(status: CheckStatus, words: string): Finding {
  const hint = status === "warning" || status === "failed" ? { hint: expect.stringMatching(/\S/) as unknown as string } : {};
  return expect.objectContaining({ status, text: expect.stringContaining(words) as unknown as string, ...hint }) as unknown as Finding;
}
