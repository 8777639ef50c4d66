import type { Day } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';

/** Where days can be that are not here. */
export interface AtService {
  /** Drops days that it has completely; `null`: it cannot be asked now. */
  dropSent(days: readonly Day[], keep: readonly string[]): Promise<readonly Day[] | null>;
  fetchBack(days: readonly Day[]): Promise<Result<null>>;
}
