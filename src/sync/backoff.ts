/** Full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015): up to 2 s · 2^n, at most 15 minutes. */
import { fraction, type Random } from '../base/random.ts';

const BASE_MS = 2_000;
const MAX_MS = 15 * 60_000;

/** `failures`: how many in a row, from 1. `atLeastMs`: what the service asked for. */
export function retryDelayMs(failures: number, random: Random, atLeastMs = 0): number {
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(failures, 20));
  return Math.max(atLeastMs, Math.floor(fraction(random) * ceiling));
}
