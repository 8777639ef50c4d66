/** The time at the first line of a worker: imported before anything else, it is evaluated before anything else. */
export const firstLine = {
  /** ms since the worker was asked for, as the browser counts. */
  sinceStartMs: performance.now(),
} as const;
