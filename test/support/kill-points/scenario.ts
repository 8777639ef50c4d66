/** An operation that is ended at each of its points, and at which of them. */
import { type Fraction, pick, shuffled } from '../../bench/random.ts';
import type { Report } from './in-background.ts';
import type { Aim } from './killable-browser.ts';

export interface Scenario {
  readonly name: string;
  /** Runs the operation until `aim`, starts again what was ended, and checks all that has to hold then. */
  attempt(aim: Aim): Promise<Report>;
  /** What a step is called; the first one is told as ''. */
  nameOf(step: string): string;
}

/** To its end. */
export const NOWHERE: Aim = { step: '', at: 0, how: 'before' };

/** `during 2 behind record` */
export const textOf = ({ how, at, step }: Aim): string => `${how} ${at} behind ${step}`;

/**
 * Every point, before and during (`wish`: `all`), or one of both; or the one that is wished for; or of each step one, in either way, of `most`
 * steps.
 */
export function aimsAt(
  { points }: Report,
  { wish, random, most }: { wish: string; random: Fraction; most?: number | undefined },
): Aim[] {
  const counts = new Map<string, number>();
  const everywhere = points.flatMap(({ step }): Aim[] => {
    const at = (counts.get(step) ?? 0) + 1;
    counts.set(step, at);
    return [
      { step, at, how: 'before' },
      { step, at, how: 'during' },
    ];
  });
  if (wish === 'all') return everywhere;
  if (wish !== '') return everywhere.filter((aim) => aim.how === wish || textOf(aim) === wish);
  return shuffled(random, [...counts.keys()])
    .slice(0, most)
    .map((step) =>
      pick(
        random,
        everywhere.filter((aim) => aim.step === step),
      ),
    );
}

/** "purge killed at 3/11, behind flagged: before it writes arq-data: packs" */
export function outcomeOf(
  { name, nameOf }: Scenario,
  { step, at, how }: Aim,
  { killed, points }: Report,
  total: number,
): string {
  const behind = nameOf(step);
  return killed
    ? `${name} killed at ${points.length}/${total}, behind ${behind}: ${how} it ${points.at(-1)?.name}`
    : `${name} had no point ${at} behind ${behind}`;
}
