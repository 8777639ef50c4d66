/** Sizes, spans of time and shares in the person's own language. */
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** "812 byte", "3.4 MB": in thousands, as browsers tell it. */
export function sizeText(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step);
}

const unit = (value: number, name: string, digits = 0): string =>
  new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: name,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);

/** "45 sec", "12 min", "1 hr 5 min". */
export function spanText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (ms < 60_000) return unit(Math.round(ms / 1000), 'second');
  if (minutes < 60) return unit(minutes, 'minute');
  return `${unit(Math.floor(minutes / 60), 'hour')} ${unit(minutes % 60, 'minute')}`;
}

/** "3.4 ms". */
export const millisecondsText = (ms: number): string => unit(ms, 'millisecond', ms < 10 ? 1 : 0);

/** "87 %". */
export const shareText = (share: number): string =>
  new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 }).format(share);
