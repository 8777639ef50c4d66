/** The nearest-rank quantile of some measurements: the smallest value that at least the share `q` of them do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('There is nothing to take a quantile of.');
  return value;
}
