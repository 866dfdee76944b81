/**
 * The surroundings that Jest makes for each test file: none. Its own are a context with constructors of its own, in which
 * every module of the product would have to be loaded again.
 */
export default class Environment {
  readonly global = {};
  /** No test replaces a function. */
  readonly moduleMocker = { restoreAllMocks: () => undefined };

  getVmContext = () => null;
  setup = () => undefined;
  teardown = () => undefined;
}
