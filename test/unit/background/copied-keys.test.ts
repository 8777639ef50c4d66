/**
 * Somebody copied the key files once, and what opened them. After what unlocks was changed, or the master key renewed, that copy opens
 * nothing of what is written from then on; the person opens everything.
 */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { toBase64Url } from '../../../src/base/bytes.ts';
import { dayOf } from '../../../src/base/clock.ts';
import { kidOf } from '../../../src/crypto/envelope.ts';
import { DamagedError } from '../../../src/storage/database.ts';
import { LocalStore, type LocalStoreOptions } from '../../../src/storage/local-store.ts';
import { unseal } from '../../../src/storage/sealed.ts';
import { type CopiedKeys, copyKeys, putKeys, sameBytes } from '../../support/copied-keys.ts';
import { SOME_KDF } from '../../support/locking.ts';
import { Worker } from '../../support/worker.ts';

const kdf = SOME_KDF;
const keyOf = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte));
const [KEY, OTHER] = [keyOf(1), keyOf(2)];
const passkey = (n: number) => ({ id: `passkey-${n}`, salt: keyOf(30 + n), key: keyOf(40 + n) });

/** What is changed after the copy was made; first, what was there before. `opens`: how the person unlocks then. */
interface Case {
  before(): Promise<unknown>;
  change(): Promise<unknown>;
  readonly opens?: { readonly key: string; readonly by?: string };
}
const CASES: Readonly<Record<string, Case>> = {
  'a passphrase is set': {
    before: async () => {},
    change: () => worker.send('lock.set', { kdf, key: KEY }),
    opens: { key: KEY },
  },
  'the passphrase is changed': {
    before: () => worker.send('lock.set', { kdf, key: KEY }),
    change: () => worker.send('lock.set', { kdf, key: OTHER, current: KEY }),
    opens: { key: OTHER },
  },
  'the passphrase is removed': {
    before: () => worker.send('lock.set', { kdf, key: KEY }),
    change: () => worker.send('lock.remove', { current: KEY, off: true }),
  },
  'a passkey is added': {
    before: async () => {},
    change: () => worker.send('lock.add-passkey', passkey(1)),
    opens: { key: passkey(1).key, by: passkey(1).id },
  },
  'a passkey is removed': {
    async before() {
      await worker.send('lock.set', { kdf, key: KEY });
      await worker.send('lock.add-passkey', { ...passkey(1), current: KEY });
    },
    change: () => worker.send('lock.remove-passkey', { id: passkey(1).id, current: KEY }),
    opens: { key: KEY },
  },
  'the master key is renewed': {
    before: async () => {},
    change: () => worker.send('keys.renew', {}),
  },
};

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
  return () => vi.useRealTimers();
});

const contexts = (store: LocalStore, names: readonly string[]) =>
  store.exclusive(() =>
    store.derived.write(
      'contexts',
      names.map((name) => ({ name, value: { said: name } })),
    ),
  );
/** Something of each kind, each with this word. */
async function write(word: string): Promise<void> {
  await worker.visit(1, `https://${word}.example/`);
  await contexts(worker.store, [word]);
  await worker.store.writeNamed(word, { said: word });
  await worker.store.writeNote(`note-${word}`, { said: word });
}

/** The store of now with the keys of then. */
async function withKeysOf({ secret }: CopiedKeys): Promise<LocalStore> {
  let sentinel: unknown;
  const options: LocalStoreOptions = {
    secret: async () => secret,
    clock: { nowMs: () => Date.now() },
    sentinel: {
      read: async () => sentinel,
      write: async (value) => {
        sentinel = value;
      },
    },
    onBlocked() {},
    onClosed() {},
    onDamaged() {},
  };
  return LocalStore.open(options);
}

async function opened(store: LocalStore): Promise<{ urls: string[]; damaged: number }> {
  const urls = new Set<string>();
  let damaged = 0;
  for await (const day of store.recordsByDay()) {
    damaged += day.damaged;
    for (const record of day.records) if ('url' in record) urls.add(record.url);
  }
  return { urls: [...urls].sort(), damaged };
}

/** Everything that is stored sealed, with the id of the key that it asks for. */
async function keysAskedFor({ db }: LocalStore): Promise<NonNullable<ReturnType<typeof kidOf>>[]> {
  const kids: NonNullable<ReturnType<typeof kidOf>>[] = [];
  for (const name of ['journal', 'interactions', 'tables', 'contexts', 'models', 'outbox'] as const)
    for (const row of await db.getAll(name)) {
      const kid = 'box' in row ? kidOf(row.box) : null;
      if (kid) kids.push(kid);
    }
  return kids;
}

describe.each(Object.entries(CASES))('after %s', (_, { before, change, opens }) => {
  beforeEach(async () => {
    await before();
    await write('before');
  });

  async function openAgain(): Promise<void> {
    await worker.restartBrowser();
    if (opens) await worker.send('lock.unlock', opens);
    worker.services = await worker.opening.ready();
  }

  it('a copy of the keys from before opens what was there, and nothing that came; the person opens both', async () => {
    const copy = await copyKeys(worker.store);
    await change();
    await write('after');
    await openAgain();
    const both = ['https://after.example/', 'https://before.example/'];
    expect(await opened(worker.store)).toEqual({ urls: both, damaged: 0 });
    for (const word of ['before', 'after']) {
      expect(await worker.store.derived.read('contexts', word)).toEqual({ said: word });
      expect(await worker.store.readNamed(word)).toEqual({ said: word });
      expect(await worker.store.readNote(`note-${word}`)).toEqual({ said: word });
    }
    // Nor are the same bytes in use under another name.
    const made = (await worker.store.vault.ring()).filter(({ retired }) => !retired);
    expect(made.length).toBeGreaterThan(1);
    for (const { raw } of made) expect(sameBytes(copy.raw, raw)).toBe(false);
    const ring = await worker.store.keys.ring();
    (await worker.recording()).close();

    await putKeys(copy);
    let store = await withKeysOf(copy);
    const found = await opened(store);
    expect(found.urls).toEqual(['https://before.example/']);
    expect(found.damaged).toBeGreaterThan(0);
    expect(await store.derived.read('contexts', 'before')).toEqual({ said: 'before' });
    await expect(store.derived.read('contexts', 'after')).rejects.toThrow(DamagedError);
    expect(await store.readNamed('before')).toEqual({ said: 'before' });
    await expect(store.readNamed('after')).rejects.toThrow(DamagedError);
    expect(await store.readNote('note-before')).toEqual({ said: 'before' });
    expect(await store.readNote('note-after')).toBeUndefined();
    store.close();
    // The ring of now opens under the master key of now alone.
    await putKeys({ ...copy, ring });
    store = await withKeysOf(copy);
    expect((await opened(store)).urls).toEqual([]);
    store.close();
  });

  it('what is packed then, also of before, asks for keys that the copy does not have', async () => {
    const copy = await copyKeys(worker.store);
    await change();
    await write('after');
    await worker.store.pack(true);
    // The day is over: it goes into the tables of its month.
    worker.pass(40 * 86_400_000);
    await write('later');
    await worker.store.compact();
    const months = await worker.store.db.getAll('packs');
    expect(months.some(({ key }) => key === 'month')).toBe(true);
    const { db } = worker.store;
    await worker.store.exclusive(() => db.delete('contexts', [worker.store.vault.userId, 'before']));
    const asked = await keysAskedFor(worker.store);
    expect(asked.length).toBeGreaterThan(3);
    for (const kid of asked) expect(sameBytes(copy.kids, kid)).toBe(false);
    await openAgain();
    const all = ['after', 'before', 'later'].map((word) => `https://${word}.example/`);
    expect(await opened(worker.store)).toEqual({ urls: all, damaged: 0 });
    (await worker.recording()).close();
  });

  it.runIf(opens)(
    'nor does it open what comes while it is locked, which the person has afterwards',
    async () => {
      const copy = await copyKeys(worker.store);
      const waiting = opens as NonNullable<typeof opens>;
      await change();
      await worker.send('lock.now', {});
      await worker.visit(2, 'https://sealed.example/');
      const locked = await worker.recording();
      const rows = await locked.profile.store.db.getAll('sealed');
      expect(rows.length).toBeGreaterThan(0);
      await worker.send('lock.unlock', waiting);
      worker.services = await worker.opening.ready();
      expect((await opened(worker.store)).urls).toEqual([
        'https://before.example/',
        'https://sealed.example/',
      ]);
      for (const row of rows) await worker.store.db.put('sealed', row);
      (await worker.recording()).close();

      await putKeys(copy);
      const store = await withKeysOf(copy);
      const nothing = async () => {};
      const taken = await unseal(store, dayOf(Date.now()), {
        rule: (event) => event,
        noted: nothing,
        counted: nothing,
      });
      expect(taken).toEqual({ events: 0, broken: rows.length });
      store.close();
    },
  );
});
