import { appendFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ATTACKS } from '../../support/hostile-service/attacks.ts';
import { runAttack } from '../../support/hostile-service/run.ts';
import type { Attack } from '../../support/hostile-service/stage.ts';

/** Of each attack; others with these; many with `npm run campaign:hostile`, which wants each run as a line of JSON, and in the end how many there are. */
const SEEDS = Number(process.env.ARQ_HOSTILE_SEEDS ?? 20);
const FIRST = Number(process.env.ARQ_HOSTILE_FIRST ?? 1);
const FILE = process.env.ARQ_HOSTILE_FILE;

const seedsOf = ({ isMore }: Attack): number => (isMore ? Math.ceil(SEEDS / 4) : SEEDS);
const RUNS = ATTACKS.reduce((sum, attack) => sum + seedsOf(attack), 0);

const MS = 180_000 + SEEDS * 20_000;

describe(`a hostile service, seeds from ${FIRST}`, () => {
  afterAll(() => {
    if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify({ runs: RUNS })}\n`);
  });

  it('has at least 24 ways that are tried on all seeds, each with a name of its own', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    expect(ATTACKS.filter(({ isMore }) => !isMore).length).toBeGreaterThanOrEqual(24);
  });

  it.each(ATTACKS)(
    'neither plants nor takes anything, and is told of: $name',
    { timeout: MS },
    async (attack) => {
      const faults: string[] = [];
      for (let seed = FIRST; seed < FIRST + seedsOf(attack); seed++) {
        const run = await runAttack(attack, seed);
        if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(run)}\n`);
        faults.push(...run.faults.map((fault) => `seed ${seed}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
  );
});
