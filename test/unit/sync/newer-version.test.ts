/** Another device of the account has a newer version of the extension: what it writes that this one does not know. */

import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../src/base/bytes.ts';
import { utf8 } from '../../../src/base/bytes.ts';
import { emptyRegister, write } from '../../../src/model/register.ts';
import { changeShared, EMPTY_SHARED, mergeShared } from '../../../src/model/shared-settings.ts';
import type { Slot } from '../../../src/protocol/ids.ts';
import {
  changeSharedSettings,
  readSharedSettings,
  SettingsFullError,
  scopeOf,
} from '../../../src/sync/account-state.ts';
import { type ObjectHeader, openBody, openHeader, sealObject } from '../../../src/sync/objects.ts';
import { queueRecord, shareSettings } from '../../../src/sync/outbox.ts';
import { objectsBecome } from '../../support/other-objects.ts';
import { a, b, oracle, usePair, world } from '../../support/two-devices.ts';

usePair();

const WAITS =
  /^Another of your devices has a newer version of ARQ Context\. Update it here: until then sync waits/;
const cursor = () =>
  b.run(async () => (await b.store.db.get('metadata', 'feed')) as { readonly seq: number });

/** What lies in A's settings object, or its header, is `other` where B reads it, sealed as A would. Resolves with what ends that. */
async function settingsBecome(other: { header?: object; payload?: unknown }): Promise<() => void> {
  const scope = await b.run(async () => scopeOf(b.store, await world.accountId()));
  let isNewer = true;
  objectsBecome(b, async (found, bodies) =>
    Promise.all(
      bodies.map(async (body: Bytes, index) => {
        const slot = found[index]?.slot as Slot;
        const opened = await openHeader(scope, slot, body);
        if (!isNewer || opened?.header.kind !== 'settings') return body;
        const payload = (await openBody(scope, slot, opened, opened.record)) as Bytes;
        const header = { ...opened.header, ...other.header } as ObjectHeader;
        // The place is that of the known kind: nobody can name that of another.
        const sealed = await sealObject(
          scope,
          header,
          scope.keys.record,
          'payload' in other ? utf8(JSON.stringify(other.payload)) : payload,
        );
        return sealed.body;
      }),
    ),
  );
  return () => {
    isNewer = false;
  };
}

describe('what this version does not know', () => {
  it.each<[string, { header?: object; payload?: unknown }]>([
    ['settings of another form', { payload: { level: 'private', rules: [] } }],
    ['a header with more in it', { header: { color: 'blue' } }],
  ])('%s: sync waits and says so; nothing is lost, and it goes on by itself', async (_, other) => {
    await world.settle();
    await oracle.visit(a, 'one.example', '/a');
    await a.set({ level: 'anonymous' });
    await a.round();
    const updated = await settingsBecome(other);
    await oracle.visit(b, 'one.example', '/b');
    const before = await cursor();
    for (let round = 0; round < 2; round++) {
      const state = await b.round();
      expect(state).toMatchObject({ phase: 'error', message: expect.stringMatching(WAITS) });
    }
    await b.restart();
    expect((await b.round()).message).toMatch(WAITS);
    expect(await cursor()).toEqual(before);
    expect(await b.outbox()).toBeGreaterThan(0);
    expect(await a.urls()).toHaveLength(1);
    updated();
    await world.settle();
    await oracle.check();
    expect(b.settings().level).toBe('anonymous');
  });

  it('two settings that are more together than is taken: each keeps its own, and sync says what to do', async () => {
    await world.settle();
    const lives = (device: typeof a, level: 'anonymous' | 'public') =>
      device.run(async () => {
        await changeSharedSettings(device.store, (shared) => {
          let sum = shared;
          for (let life = 0; life < 600; life++)
            sum = mergeShared(
              sum,
              changeShared(EMPTY_SHARED, `${device.name}.${life}`, { level, rules: [] }, 1),
            );
          return sum;
        });
        await queueRecord(device.store, 'settings');
      });
    await lives(a, 'anonymous');
    await lives(b, 'public');
    await a.round();
    await oracle.visit(b, 'one.example', '/b');
    for (let round = 0; round < 2; round++) {
      expect((await b.round()).message).toMatch(
        /^More rules were made and removed in this account than it can/,
      );
      const shared = await b.run(() => readSharedSettings(b.store));
      expect(Object.keys(shared.level.seen)).toHaveLength(600);
      await b.restart();
    }
    expect(await b.outbox()).toBeGreaterThan(0);
    expect(b.settings().level).not.toBe('anonymous');
    // A choice that would be one life too many is refused with a sentence, and holds here.
    await expect(
      b.run(() =>
        shareSettings(b.store, (shared) => {
          let sum = shared;
          for (let life = 0; life < 500; life++)
            sum = mergeShared(
              sum,
              changeShared(EMPTY_SHARED, `x.${life}`, { level: 'public', rules: [] }, 1),
            );
          return sum;
        }),
      ),
    ).rejects.toBeInstanceOf(SettingsFullError);
    expect(await b.run(() => readSharedSettings(b.store))).toBeTruthy();
  });

  it('fields of shared settings that were added since: they are kept, merged and passed on', async () => {
    await world.settle();
    const theme = (device: typeof a, value: string) =>
      device.run(async () => {
        await changeSharedSettings(
          device.store,
          (shared) =>
            ({ ...shared, theme: write(emptyRegister(), device.name, value, 1), words: {} }) as typeof shared,
        );
        await queueRecord(device.store, 'settings');
      });
    await theme(a, 'dark');
    await theme(b, 'light');
    await b.set({ level: 'anonymous' });
    await world.settle();
    await oracle.check();
    for (const device of [a, b]) {
      const shared = await device.run(() => readSharedSettings(device.store));
      expect(shared).toMatchObject({
        theme: { entries: [{ value: 'dark' }, { value: 'light' }] },
        words: {},
      });
    }
  });
});
