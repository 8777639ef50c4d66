/** The one row of `models` that is not made again when it is gone, and so outlives an erasure of other things. */
export const STUBS = 'archived-days';

/** What is left of it when nobody knows what was erased: which sites the days are of is not known any more. */
export function withoutSites(value: unknown): unknown {
  const { days } = (value ?? {}) as { days?: Record<string, { sites?: unknown }> };
  if (!days) return value;
  const left = Object.entries(days).map(([day, { sites: _, ...details }]) => [day, details]);
  return { ...(value as object), days: Object.fromEntries(left) };
}
