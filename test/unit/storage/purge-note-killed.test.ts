/** The note of a deletion, ended while it is forgotten and again while the next one is written: neither is ever taken for damaged. */
import '../../support/kill.ts';
import { expect, it, vi } from 'vitest';
import type { Purge } from '../../../src/model/purge.ts';
import { PURGE_NOTE } from '../../../src/storage/purge-note.ts';
import { ShreddableNote } from '../../../src/storage/shreddable-note.ts';
import { KILLED, killedAt } from '../../support/kill.ts';
import { emptyProfile } from '../../support/local-profile.ts';

vi.setConfig({ testTimeout: 120_000 });

const purge = (id: string): Purge => ({
  id,
  reason: 'person',
  kind: 'site',
  targets: [{ what: 'site', host: `${id}.example` }],
  atMs: 1,
  dueMs: 2,
  untilMs: 1,
  syncing: false,
  count: 1,
});

it.each(['write', 'replace'] as const)('ended twice, before %s, a note is there or not', async (how) => {
  const seen = new Set<string>();
  for (let first = 1, isFirst = true; isFirst; first++)
    for (let second = 1, isSecond = true; isSecond; second++) {
      const profile = await emptyProfile();
      const note = () => new ShreddableNote(PURGE_NOTE, profile.store.db, profile.store.vault);
      await note().write(purge('one'));
      isFirst = (await killedAt(first, () => note().forget())) === KILLED;
      await profile.reopen();
      isSecond = (await killedAt(second, () => note()[how](purge('two')))) === KILLED;
      await profile.reopen();
      seen.add((await note().read())?.id ?? 'none');
      profile.store.close();
    }
  expect([...seen].sort()).toEqual(['none', 'one', 'two']);
});
