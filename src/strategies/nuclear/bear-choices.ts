import { lessThan, moreThan } from "../condition.ts";
import type { RuleEvaluation } from "../rule-evaluation.ts";
import { averageOf, cumulativeReturnOf, priceOf, rsiOf } from "../measure.ts";

export interface Choice {
  readonly symbol: string;
  readonly reason: string;
}

const PSQ_OVERSOLD = lessThan(rsiOf("PSQ", 10), 35);
const QQQ_WEAK = lessThan(cumulativeReturnOf("QQQ", 60), -10);
const TQQQ_RISING = moreThan(priceOf("TQQQ"), averageOf("TQQQ", 20));
const LONG_BONDS_STRONG = moreThan(rsiOf("TLT", 20), rsiOf("PSQ", 20));
/** Ten days against twenty, as the rule says. */
const MEDIUM_BONDS_STRONG = moreThan(rsiOf("IEF", 10), rsiOf("PSQ", 20));

/** B1.1 to B1.8. */
export function bearOne(ask: RuleEvaluation): Choice {
  const choose = chooser(ask, "Bear 1");
  return (
    ask.when("B1.1", PSQ_OVERSOLD, () => choose("B1.1", "SQQQ", "PSQ oversold, aggressive short position")) ??
    ask.when(
      "B1.2",
      QQQ_WEAK,
      () =>
        ask.when("B1.2", LONG_BONDS_STRONG, () => choose("B1.2", "TQQQ", "Bonds strong vs PSQ, contrarian TQQQ buy")) ??
        choose("B1.3", "PSQ", "QQQ weak, defensive short position"),
    ) ??
    ask.when("B1.4", TQQQ_RISING, () => risingTqqq(ask, "B1.4", "B1.5", choose)) ??
    ask.when("B1.6", MEDIUM_BONDS_STRONG, () => choose("B1.6", "SQQQ", "TQQQ weak, IEF strong, short position")) ??
    weakTqqq(ask, "B1.7", "B1.8", choose)
  );
}

/** B2.1 to B2.5. */
export function bearTwo(ask: RuleEvaluation): Choice {
  const choose = chooser(ask, "Bear 2");
  return (
    ask.when("B2.1", PSQ_OVERSOLD, () => choose("B2.1", "SQQQ", "PSQ oversold, aggressive short position")) ??
    ask.when("B2.2", TQQQ_RISING, () => risingTqqq(ask, "B2.2", "B2.3", choose)) ??
    weakTqqq(ask, "B2.4", "B2.5", choose)
  );
}

type Choose = (rule: string, symbol: string, words: string) => Choice;

function chooser(ask: RuleEvaluation, name: string): Choose {
  return (rule, symbol, words) => {
    const reason = `${words} (${name})`;
    ask.notes(rule, `choose ${symbol}: ${reason}`);
    return { symbol, reason };
  };
}

function risingTqqq(ask: RuleEvaluation, strongRule: string, weakRule: string, choose: Choose): Choice {
  return (
    ask.when(strongRule, LONG_BONDS_STRONG, () => choose(strongRule, "TQQQ", "TQQQ trending up, bonds strong")) ??
    choose(weakRule, "SQQQ", "TQQQ up but bonds weak, short position")
  );
}

function weakTqqq(ask: RuleEvaluation, strongRule: string, weakRule: string, choose: Choose): Choice {
  return (
    ask.when(strongRule, LONG_BONDS_STRONG, () => choose(strongRule, "QQQ", "TQQQ weak but bonds strong, neutral QQQ")) ??
    choose(weakRule, "SQQQ", "TQQQ weak, bonds weak, short position")
  );
}
