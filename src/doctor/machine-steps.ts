import type { Config } from "../domain/config.ts";
import { stateDirFrom } from "../config/state-dir.ts";
import { haltFilesFrom } from "../config/halt-files.ts";
import { ledgerLockFile, ledgerFile } from "../config/files.ts";
import { textIn } from "../config/text-in.ts";
import { standingHalts, unseenMachineHalt } from "../machine/halt.ts";
import { holderOf } from "../ledger/lock.ts";
import { logPaths, tradeLogPath } from "../logging/logger.ts";
import { groupIdOf } from "../logging/group.ts";
import type { Chart } from "./chart.ts";
import { given, type Findings, type Step } from "./check.ts";
import { judgeSettingsFile, readSettingsFile } from "./configuration.ts";
import { judgeStateDirectory, readDirectory, judgeSpace, readSpace } from "./directories.ts";
import { judgeHalt, judgeLock, judgeOpenWork, openWorkIn, readLedger } from "./ledger-health.ts";
import { foreignLogs, judgeLogDirectory, readGroup } from "./logs.ts";
import { judgeNode, judgeZones, readZones } from "./runtime.ts";
import { judgeSurroundings, readSurroundings } from "./surroundings.ts";

/** This machine: runtime, settings, files and locks. */
export function machineSteps(chart: Chart): Step[] {
  const stateDir = stateDirFrom(chart.env);
  const haltFiles = haltFilesFrom(chart.env);
  return [
    { id: "node", run: () => judgeNode({ version: process.versions.node, platform: `${process.platform} ${process.arch}` }) },
    { id: "time-zones", run: () => judgeZones(readZones()) },
    { id: "settings-file", run: () => judgeSettingsFile(readSettingsFile(chart.directory)) },
    { id: "configuration", run: () => chart.configurationFindings },
    { id: "surroundings", run: () => surroundings(chart, stateDir) },
    { id: "state-directory", run: () => judgeStateDirectory(readDirectory(stateDir, "STATE_DIR")) },
    { id: "log-directory", run: () => given(chart.config, logDirectory) },
    { id: "disk-space", run: () => diskSpace(chart, stateDir) },
    { id: "ledger", run: () => ledger(chart) },
    openWorkStep(chart),
    { id: "trading-lock", run: () => given(chart.config, (config) => judgeLock(holderOf(ledgerLockFile(config)))) },
    { id: "halt", run: () => judgeHalt(standingHalts(haltFiles), unseenMachineHalt(haltFiles)) },
  ];
}

/** What the ledger leaves to do. */
export function openWorkStep(chart: Chart): Step {
  return { id: "open-work", run: () => openWork(chart) };
}

function surroundings(chart: Chart, stateDir: string): Findings {
  const daemon = chart.holder();
  return judgeSurroundings(
    readSurroundings({
      env: chart.env,
      daemonPid: daemon?.command === "run" ? daemon.pid : undefined,
      stateDir,
      alertsZoneSet: textIn(chart.env, "ALERTS_TIMEZONE") !== undefined,
      root: "/",
    }),
  );
}

function logDirectory({ logDir, logGroup, mode }: Config): Findings {
  return judgeLogDirectory({
    directory: readDirectory(logDir, "LOG_DIR"),
    foreign: foreignLogs([...logPaths(logDir), tradeLogPath(logDir, mode)]),
    group: readGroup(logGroup, groupIdOf),
  });
}

function diskSpace({ config }: Chart, stateDir: string): Findings {
  const state = readSpace("STATE_DIR", stateDir);
  if (config.kind === "unknown") return judgeSpace(state);
  return [...judgeSpace(state), ...judgeSpace(readSpace("LOG_DIR", config.value.logDir))];
}

function ledger(chart: Chart): Findings {
  return given(chart.config, (config) => {
    const run = readLedger(ledgerFile(config));
    chart.ledger = run.ledger;
    return run.findings;
  });
}

function openWork(chart: Chart): Findings {
  const now = chart.clock.now();
  const daemon = chart.saved?.isTraded ?? chart.holder() !== undefined;
  return given(chart.config.kind === "unknown" ? chart.config : chart.ledger, () =>
    judgeOpenWork({ ...openWorkIn(chart.ledgerCopy()), daemon, now }),
  );
}
