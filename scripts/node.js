// `node scripts/node.js FILE …` is `node FILE …` on a Node that is new enough, for npm's scripts.
import process from "node:process";
import { runOnRequiredNode } from "../src/machine/locked-node.js";

runOnRequiredNode(process.argv.slice(2));
