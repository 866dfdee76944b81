import type { Delivery, Fault, FaultMenu, FaultWorld } from "./fault.ts";

const isUpdate = ({ frame }: Delivery): boolean => frame.includes('"trade_updates"') && frame.includes('"order"');

function onUpdates(
  change: (world: FaultWorld, delivery: Delivery) => readonly Delivery[],
  probabilities: readonly number[],
): (world: FaultWorld) => Fault {
  return (world) => {
    const probability = world.chance.pick(probabilities);
    return {
      onFrame: (delivery) => {
        if (!isUpdate(delivery) || !world.chance.happens(probability)) return [delivery];
        world.struck("an order update");
        return change(world, delivery);
      },
    };
  };
}

/** The socket stays open and says nothing, not even that it is alive. */
function mute(world: FaultWorld): Fault {
  let until = -Infinity;
  return {
    begin: (forMs) => {
      world.later(world.chance.whole(0, forMs), () => {
        until = world.now() + world.chance.spread(2_000, 200_000);
        world.struck(`for ${String(Math.round((until - world.now()) / 1_000))} s`);
      });
    },
    onFrame: (delivery) => (world.now() < until ? [] : [delivery]),
  };
}

function dropped(world: FaultWorld): Fault {
  return {
    begin: (forMs) => {
      for (let count = world.chance.whole(1, 6); count > 0; count -= 1) {
        world.later(world.chance.whole(0, forMs), () => {
          world.struck("all connections");
          world.dropStreams();
        });
      }
    },
  };
}

function refused(world: FaultWorld): Fault {
  const until = world.now() + world.chance.spread(5_000, 300_000);
  return {
    begin: () => {
      world.dropStreams();
      world.struck("new connections are refused");
    },
    refusesStream: () => world.now() < until,
  };
}

const GARBAGE = [
  "",
  "{",
  "null",
  '{"stream":"trade_updates","data":{}}',
  '{"stream":"trade_updates","data":{"event":"fill","order":{"id":7}}}',
];

export const STREAM_FAULTS: FaultMenu = {
  "frames-doubled": onUpdates((_, delivery) => [delivery, delivery], [0.3, 1]),
  "frames-reordered": onUpdates(
    ({ chance }, delivery) => [{ ...delivery, delayMs: delivery.delayMs + chance.spread(10, 20_000) }],
    [0.3, 0.7],
  ),
  "frames-lost": onUpdates(() => [], [0.3, 1]),
  "frames-garbled": onUpdates(({ chance }, delivery) => [{ ...delivery, frame: chance.pick(GARBAGE) }], [0.3, 0.7]),
  "stream-mute": mute,
  "stream-dropped": dropped,
  "stream-refused": refused,
};
