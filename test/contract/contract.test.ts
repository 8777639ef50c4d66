/** The storage contract on fake-indexeddb. The same checks run in real browsers: test/e2e/contract.test.ts. */
import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { CHECKS } from './checks.ts';
import { runOnFreshStore } from './fresh-store.ts';

for (const check of CHECKS) it(check.name, { timeout: 60_000 }, () => runOnFreshStore(check));

it('no two checks have one name', () => {
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
});
