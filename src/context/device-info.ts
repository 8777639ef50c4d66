/** Names of system and browser from the user agent, without versions: enough to tell one's devices apart, too coarse to know one by. */
import type { DeviceInfo } from '../model/context.ts';

/** In order: what names itself after another comes before it. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/CrOS/, 'ChromeOS'],
  [/Windows/, 'Windows'],
  [/Macintosh|Mac OS/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Firefox\//, 'Firefox'],
  [/Edg(e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Vivaldi\//, 'Vivaldi'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];

const nameIn = (table: readonly (readonly [RegExp, string])[], userAgent: string): string =>
  table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'unknown';

/** `screenSize`: as a page told it. */
export const deviceInfoOf = (userAgent: string, screenSize: string | undefined): DeviceInfo => ({
  os: nameIn(SYSTEMS, userAgent),
  browser: nameIn(BROWSERS, userAgent),
  screenSize: screenSize ?? 'unknown',
});

export interface ScreenSize {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** @throws TypeError for what no screen has. */
export function screenText({ width, height }: ScreenSize): string {
  const sane = (pixels: number) => Number.isInteger(pixels) && pixels > 0 && pixels < 100_000;
  if (!sane(width) || !sane(height)) throw new TypeError('not the size of a screen');
  return `${width}x${height}`;
}
