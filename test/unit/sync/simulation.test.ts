import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isRealCrypto, Simulation } from '../../support/sim/simulation.ts';

/** Others with these; many with `npm run campaign:sync`. */
const SEEDS = Number(process.env.ARQ_SIM_SEEDS ?? 20);
const FIRST = Number(process.env.ARQ_SIM_FIRST ?? 1);

// What a person would be told on the way is not what is asked here.
beforeEach(() => {
  for (const name of ['error', 'warn'] as const) vi.spyOn(console, name).mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

describe('devices and a service, whatever goes wrong between them', () => {
  it(
    `come to the same, lose nothing, and bring nothing back: seeds from ${FIRST}`,
    async () => {
      for (let seed = FIRST; seed < FIRST + SEEDS; seed++)
        await new Simulation(seed, { realCrypto: isRealCrypto(seed) }).run();
    },
    60_000 + SEEDS * 20_000,
  );

  it('happen the same way again from the same seed', async () => {
    const traces = [];
    for (let run = 0; run < 2; run++) traces.push((await new Simulation(FIRST).run()).trace);
    expect(traces[0]).toBe(traces[1]);
  });
});
