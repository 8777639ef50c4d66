/** An operation that is ended at each of its points, and at which of them. */
import type { Report } from './in-background.ts';
import type { Aim } from './killable-browser.ts';

export interface Scenario {
  readonly name: string;
  /** Runs the operation until `aim`, starts again what was ended, and checks all that has to hold then. `at: 0`: to its end. */
  attempt(aim: Aim): Promise<Report>;
  /** For each point the named step that was taken last before it. */
  stepsOf(points: Report['points']): string[];
}

/** Steps as whoever runs the operation named them. */
export const toldSteps = (points: Report['points']): string[] => points.map(({ step }) => step);

/** Every point, before and during; or of each step one, in either way, of `most` steps. `random`: from 0 up to 1. */
export function aimsAt(
  steps: readonly string[],
  { all, random, most = steps.length }: { all: boolean; random: () => number; most?: number | undefined },
): Aim[] {
  const everywhere = steps.flatMap((_, index) =>
    (['before', 'during'] as const).map((how) => ({ at: index + 1, how })),
  );
  if (all) return everywhere;
  const names = [...new Set(steps)];
  while (names.length > most) names.splice(Math.floor(random() * names.length), 1);
  return names.map((step) => {
    const own = everywhere.filter(({ at }) => steps[at - 1] === step);
    return own[Math.floor(random() * own.length)] as Aim;
  });
}

/** "purge killed at 3/11, behind flagged: before it writes arq-data: packs" */
export function outcomeOf(
  { name, stepsOf }: Scenario,
  { at, how }: Aim,
  { killed, points }: Report,
  total: number,
): string {
  if (!killed) return `${name} ended before ${at}/${total}`;
  return `${name} killed at ${at}/${total}, behind ${stepsOf(points).at(-1)}: ${how} it ${points.at(-1)?.name}`;
}
