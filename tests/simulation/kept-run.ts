import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Tally } from "./tally.ts";
import type { Batch } from "./worker.ts";

/** Seeds after which what a long run has found is kept. */
const PIECE = 1_000;

interface KeptPiece {
  readonly from: number;
  readonly tally: Tally;
}

/** A long run, cut into pieces that each take about half a minute. */
export function piecesOf(from: number, seeds: number): Batch[] {
  return Array.from({ length: Math.ceil(seeds / PIECE) }, (_, index) => {
    const start = from + index * PIECE;
    return { from: start, count: Math.min(PIECE, from + seeds - start) };
  });
}

/** Appends one line, so that a run which is stopped can be gone on with. */
export function keepPiece(file: string, piece: KeptPiece): void {
  appendFileSync(file, `${JSON.stringify(piece)}\n`);
}

/** First seed → what whole pieces have found in earlier runs. The file belongs to one state of the source. */
export function keptPieces(file: string): Map<number, Tally> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const { from, tally } = JSON.parse(line) as KeptPiece;
      return [from, tally] as const;
    }),
  );
}
