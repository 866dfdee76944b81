import { strykerPlugins as mochaPlugins } from "@stryker-mutator/mocha-runner";

interface Runner {
  capabilities(): Promise<{ readonly reloadEnvironment: boolean }>;
}

const [mocha] = mochaPlugins as unknown as readonly { readonly kind: string; readonly factory: (injector: unknown) => Runner }[];

/**
 * Stryker's runner for Mocha, which keeps its process from one mutant to the next. Stryker would start another for
 * each mutant whose code also runs while test files are loaded; it is never active then, so there is nothing to
 * load anew.
 */
function factory(injector: unknown): Runner {
  if (mocha === undefined) throw new Error("@stryker-mutator/mocha-runner names no runner.");
  const runner = mocha.factory(injector);
  runner.capabilities = () => Promise.resolve({ reloadEnvironment: true });
  return runner;
}
factory.inject = ["$injector"];

export const strykerPlugins = [{ kind: mocha?.kind, name: "kept-mocha", factory }];
