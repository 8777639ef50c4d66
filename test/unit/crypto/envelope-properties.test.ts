/** What holds of every envelope, on Node's WebCrypto: ten thousand times, samples with every bit flipped 200 times. */
import { describe, it } from 'vitest';
import { PROPERTIES } from '../../contract/envelope-properties.ts';

const seed = Number(process.env.ARQ_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`ARQ_SEED=${seed}`, () => {
  for (const { name, wholeRuns, holds } of PROPERTIES)
    it(`${name} (${wholeRuns} times)`, { timeout: 120_000 }, () => holds({ runs: wholeRuns, seed }));
});
