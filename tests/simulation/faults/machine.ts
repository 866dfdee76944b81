import type { CommitPoint, RequestPoint } from "../machine.ts";
import type { Chance } from "../chance.ts";
import type { Fault, FaultMenu, FaultWorld } from "./fault.ts";

/** Most restarts come at once, as a supervisor does it; some come when the signal is too old. */
function restartDelay(chance: Chance): number {
  return chance.weighted([
    [chance.spread(50, 5_000), 75],
    [chance.spread(5_000, 60_000), 15],
    [chance.spread(60_000, 420_000), 10],
  ]);
}

function atRandomMoments(deed: (world: FaultWorld) => void): (world: FaultWorld) => Fault {
  return (world) => ({
    begin: (forMs) => {
      for (let count = world.chance.whole(1, 4); count > 0; count -= 1) world.sometime(forMs, () => deed(world));
    },
  });
}

function killedAtRequest(point: RequestPoint): (world: FaultWorld) => Fault {
  return (world) => {
    const { chance, machine } = world;
    return {
      begin: () => {
        for (let count = chance.whole(1, 3); count > 0; count -= 1) {
          const onlyPosts = chance.happens(0.7);
          machine.killAtRequest(point, onlyPosts, onlyPosts ? chance.whole(1, 8) : chance.whole(1, 60), () => {
            world.struck(onlyPosts ? "at a POST" : "at a request");
            return restartDelay(chance);
          });
        }
      },
      end: () => machine.forgetKills(),
    };
  };
}

function killedAtCommit(point: CommitPoint): (world: FaultWorld) => Fault {
  return (world) => {
    const { chance, machine, scenario } = world;
    return {
      begin: () => {
        const arm = (number: number): void =>
          machine.killAtCommit(point, number, () => {
            world.struck("at a commit");
            return restartDelay(chance);
          });
        for (let count = chance.whole(1, 2); count > 0; count -= 1) arm(chance.spread(1, 120));
        // Between a run's lines and its first orders every commit counts.
        const run = scenario.stages.at(-1)?.runs[0];
        if (run !== undefined && chance.happens(0.5)) world.later(run.afterMs + chance.whole(0, 1_500), () => arm(chance.whole(1, 9)));
      },
      end: () => machine.forgetKills(),
    };
  };
}

function halted(world: FaultWorld): Fault {
  const { chance, machine } = world;
  return {
    begin: (forMs) => {
      for (let count = chance.whole(1, 2); count > 0; count -= 1) {
        world.sometime(forMs, () => {
          machine.halt("by hand");
          world.struck("trading");
          world.later(chance.spread(500, 150_000), () => machine.resume());
        });
      }
    },
    end: () => machine.resume(),
  };
}

function diskFull(world: FaultWorld): Fault {
  const { chance, machine } = world;
  return {
    begin: (forMs) => {
      world.sometime(forMs, () => {
        machine.fillDisk(true);
        world.struck("commits fail");
        world.later(chance.spread(200, 60_000), () => machine.fillDisk(false));
      });
    },
    end: () => machine.fillDisk(false),
  };
}

function untrustedFile(world: FaultWorld): Fault {
  const { chance, machine } = world;
  return {
    begin: (forMs) => {
      const expose = (ms: number): void => {
        machine.exposeFile(true);
        world.struck("anyone may write the alerts");
        world.later(ms, () => machine.exposeFile(false));
      };
      world.sometime(forMs, () => expose(chance.spread(1_000, 60_000)));
      // Lines that come while it is exposed could be anybody's.
      const run = world.scenario.stages.at(-1)?.runs.at(-1);
      if (run !== undefined && run.afterMs > EXPOSED_BEFORE_MS && chance.happens(0.6))
        world.later(run.afterMs - EXPOSED_BEFORE_MS, () => expose(chance.spread(8_000, 60_000)));
    },
    end: () => machine.exposeFile(false),
  };
}

/** So long before a run the file can be written by anyone. */
const EXPOSED_BEFORE_MS = 1_500;

/** Ours, not the venue's; by less than prices may be old. */
const MOST_SKEW_MS = 480_000;

export const MACHINE_FAULTS: FaultMenu = {
  "clock-stepped": atRandomMoments((world) => {
    const { chance, machine } = world;
    const size = chance.spread(200, 400_000);
    const byMs = chance.happens(0.5) ? size : -size;
    if (Math.abs(machine.skew + byMs) > MOST_SKEW_MS) return;
    machine.stepClock(byMs);
    world.struck(`${String(byMs)} ms`);
  }),
  suspended: atRandomMoments((world) => {
    const ms = world.chance.spread(1_000, 900_000);
    world.struck(`for ${String(ms)} ms`);
    world.suspend(ms);
    world.dropStreams();
  }),
  halted,
  stopped: atRandomMoments((world) => {
    world.struck("SIGTERM");
    world.machine.stop(restartDelay(world.chance));
  }),
  killed: atRandomMoments((world) => {
    world.struck("kill -9");
    world.machine.kill(restartDelay(world.chance));
  }),
  "killed-at-request": killedAtRequest("before"),
  "killed-after-request": killedAtRequest("after"),
  "killed-before-commit": killedAtCommit("before"),
  "killed-after-commit": killedAtCommit("after"),
  "disk-full": diskFull,
  "file-untrusted": untrustedFile,
  "watch-deaf": (world) => ({
    begin: () => {
      world.machine.deafen(true);
      world.struck("changes are found by the clock alone");
    },
    end: () => world.machine.deafen(false),
  }),
};
