/** What has to be undone at the end, whichever way the end comes. */
export interface Cleanup {
  /** `undo` runs once, after everything that was added later. */
  add(undo: () => unknown): void;
  /** Undoes all of it; a failure is printed and does not keep the rest. */
  run(): Promise<void>;
}

/** Also runs, and ends the process, when a signal says so: 130 after Ctrl-C, as shells expect. */
export function createCleanup(): Cleanup {
  const undos: (() => unknown)[] = [];
  let running: Promise<void> | undefined;
  const undoAll = async () => {
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
      try {
        await undo();
      } catch (error) {
        console.error(`While cleaning up: ${(error as Error).message}`);
      }
    }
  };
  const run = () => {
    running ??= undoAll();
    return running;
  };
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (running === undefined) console.log('\nStopping.');
      void run().then(() => process.exit(status));
    });
  }
  return { add: (undo) => void undos.push(undo), run };
}
