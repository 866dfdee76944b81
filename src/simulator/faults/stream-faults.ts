import { parameter, type FaultContext, type FaultHooks, type FaultKind } from "./kind.ts";

/** Faults of the trade-updates stream, which never gives more than a hint. */
export const STREAM_FAULTS: readonly FaultKind[] = [
  {
    name: "lost-updates",
    description: "trade updates are never sent",
    parameters: [parameter("share", "share", "0.5")],
    inject: ({ strikes }) => ({ update: (frame) => (strikes() ? [] : [frame]) }),
  },
  {
    name: "duplicate-updates",
    description: "trade updates are sent twice",
    parameters: [],
    inject: ({ strikes }) => ({ update: (frame) => (strikes() ? [frame, frame] : [frame]) }),
  },
  {
    name: "late-updates",
    description: "trade updates come late, and others overtake them",
    parameters: [parameter("ms", "milliseconds", "2000")],
    inject: lateUpdates,
  },
  {
    name: "reordered-updates",
    description: "a trade update is held back until the next one has been sent",
    parameters: [parameter("ms", "milliseconds", "1000")],
    inject: reorderedUpdates,
  },
  {
    name: "mute-stream",
    description: "the stream stays open but silent; handshake=no leaves even the authentication unanswered",
    parameters: [parameter("handshake", ["yes", "no"], "yes")],
    inject: ({ settings, strikes }) => ({
      update: (frame) => (strikes() ? [] : [frame]),
      sendsData: () => !strikes(),
      answersHandshake: () => settings.text("handshake") === "yes",
    }),
  },
  {
    name: "dropped-stream",
    description: "every stream connection is dropped, again and again",
    parameters: [parameter("every", "number", "5")],
    inject: droppedStream,
  },
  {
    name: "refused-stream",
    description: "a new stream connection is closed at once",
    parameters: [],
    inject: ({ strikes }) => ({ admitsStream: () => !strikes() }),
  },
];

function lateUpdates({ broadcast, later, settings, strikes }: FaultContext): FaultHooks {
  return {
    update: (frame) => {
      if (!strikes()) return [frame];
      later(settings.number("ms"), () => broadcast([frame]));
      return [];
    },
  };
}

/** A frame without a successor is sent after `ms` anyway: reordered, not lost. */
function reorderedUpdates({ broadcast, later, settings, strikes }: FaultContext): FaultHooks {
  let kept: string | undefined;
  const release = (): string[] => {
    const frames = kept === undefined ? [] : [kept];
    kept = undefined;
    return frames;
  };
  return {
    update: (frame) => {
      if (kept !== undefined) return [frame, ...release()];
      if (!strikes()) return [frame];
      kept = frame;
      later(settings.number("ms"), () => {
        if (kept === frame) broadcast(release());
      });
      return [];
    },
    end: () => broadcast(release()),
  };
}

function droppedStream({ dropStreams, later, settings, strikes }: FaultContext): FaultHooks {
  const round = (): void => {
    later(settings.number("every") * 1_000, () => {
      if (strikes()) dropStreams();
      round();
    });
  };
  return { begin: round };
}
