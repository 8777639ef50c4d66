/** Files that a person may choose to import: an export is opened, whatever it is wrapped in; whatever is none, or hostile, is refused. */
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type Bytes, concat, utf8 } from '../../../src/base/bytes.ts';
import { newKdf } from '../../../src/crypto/kdf.ts';
import { passphraseKey } from '../../../src/crypto/passphrase.ts';
import { FileSealer } from '../../../src/crypto/sealed-file.ts';
import { type PackageSources, packagePieces } from '../../../src/lifecycle/package-files.ts';
import { ZipStream } from '../../../src/lifecycle/zip.ts';
import { batchesOf, checkFile } from '../../../src/options/export-file.ts';
import { type OpenedExport, openExport, WRONG_PASSPHRASE } from '../../../src/options/open-export.ts';
import { CONTEXT, PREFERENCES, PROFILE, RECORDS, SETTINGS } from '../../support/full-things.ts';

const PASSPHRASE = 'correct horse battery';
const sources: PackageSources = {
  exportedAt: new Date(0),
  version: '1',
  records: RECORDS.length,
  missingDays: 0,
  profile: async () => PROFILE,
  preferences: async () => PREFERENCES,
  settings: async () => SETTINGS,
  deletions: async () => ({ whole: true, entries: [] }),
  async *contexts() {
    yield CONTEXT;
  },
  async *days() {
    yield RECORDS;
  },
  service: null,
};

async function zipped(kind: 'full' | 'anonymised'): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const zip = new ZipStream(new Date(0), (bytes) => void parts.push(bytes.slice()));
  for await (const piece of packagePieces(sources, kind)) {
    if (piece.file !== undefined) await zip.begin(piece.file);
    await zip.write(piece.text);
  }
  await zip.end();
  return concat(...parts);
}
async function sealed(bytes: Bytes): Promise<Bytes> {
  const kdf = newKdf(0);
  const parts: Bytes[] = [];
  const sealer = await FileSealer.begin(kdf, await passphraseKey(PASSPHRASE, kdf), (part) =>
    parts.push(part),
  );
  await sealer.add(bytes);
  await sealer.end();
  return concat(...parts);
}

const open = async (bytes: Bytes): Promise<OpenedExport> => {
  const opened = await openExport(new Blob([bytes]), passphraseKey);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
};
/** What the person is told of a file that is read to its end. */
async function said(opened: OpenedExport): Promise<string> {
  if (opened.kind === 'sealed') return 'asks for a passphrase';
  const checked = await checkFile(opened.source, () => {}, new AbortController().signal);
  return checked.ok ? `fine: ${checked.value}` : checked.error.message;
}
const saidOf = (bytes: Bytes): Promise<string> =>
  open(bytes).then(said, (error: unknown) => (error as Error).message);

describe('an export of everything', () => {
  it('is imported as a ZIP, record by record', async () => {
    const bytes = await zipped('full');
    expect(await saidOf(bytes)).toBe(`fine: ${RECORDS.length}`);
    const opened = await open(bytes);
    if (opened.kind !== 'open') throw new Error('sealed');
    const records: unknown[] = [];
    for await (const batch of batchesOf(opened.source, () => {})) records.push(...batch);
    expect(records).toEqual(
      RECORDS.map(({ atMs, afterMs = 0, ...rest }) => ({
        ...rest,
        at: new Date(atMs).toISOString(),
        after: new Date(afterMs).toISOString(),
      })),
    );
  });

  it('is imported when it is encrypted, with its passphrase alone', async () => {
    const opened = await open(await sealed(await zipped('full')));
    if (opened.kind !== 'sealed') throw new Error('not sealed');
    for (const wrong of ['correct horse', '', `${PASSPHRASE} `])
      expect(await opened.unseal(wrong)).toMatchObject({
        error: { code: 'wrong-passphrase', message: WRONG_PASSPHRASE },
      });
    const unsealed = await opened.unseal(PASSPHRASE);
    if (!unsealed.ok) throw new Error(unsealed.error.message);
    expect(await said({ kind: 'open', source: unsealed.value })).toBe(`fine: ${RECORDS.length}`);
  });

  it('is refused when it is anonymised, with the reason', async () => {
    expect(await saidOf(await zipped('anonymised'))).toMatch(/is anonymised.*cannot be imported/);
  });
});

const records = utf8('{"format":"arq-context/export/1","exportedAt":"x","interactions":[]}');
const zipOf = (files: Zippable): Bytes => new Uint8Array(zipSync(files)) as Bytes;
/** The same with some bytes in another place. */
const changed = (bytes: Bytes, change: (view: DataView, central: number, end: number) => void): Bytes => {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const end = copy.length - 22;
  change(view, view.getUint32(end + 16, true), end);
  return copy;
};
const plain = zipOf({ 'interactions.json': records });

describe('a ZIP is refused', () => {
  it('but not one that somebody packed again', async () => {
    expect(await saidOf(plain)).toBe('fine: 0');
    expect(await saidOf(zipOf({ 'README.txt': utf8('x'), 'interactions.json': records }))).toBe('fine: 0');
  });

  it.each([
    ['nothing of ours', { 'a.txt': records }],
    ['something that is not ours beside it', { 'interactions.json': records, 'setup.exe': records }],
    ['a path out of the folder', { '../interactions.json': records }],
    ['a path out of the folder beside it', { 'interactions.json': records, '../../etc/passwd': records }],
    ['an absolute path', { 'interactions.json': records, '/interactions.json': records }],
    ['a backslash in a name', { 'interactions.json': records, 'schema\\x': records }],
    ['other letters in its name', { 'Interactions.json': records }],
    ['a folder', { 'interactions.json': records, 'schema/': new Uint8Array(0) }],
    [
      'too many files',
      Object.fromEntries([...Array(500)].map((_, i) => [i === 0 ? 'interactions.json' : `${i}`, records])),
    ],
  ])('with %s', async (_what, files) => {
    expect(await saidOf(zipOf(files))).toMatch(/is not an export|is damaged/);
  });

  it('with the same name twice', async () => {
    const twice = changed(
      zipOf({ 'interactions.json': records, 'interactions.jsoX': records }),
      (view, central) => {
        const second = central + 46 + 'interactions.json'.length;
        view.setUint8(second + 46 + 16, 'n'.charCodeAt(0));
        const local = view.getUint32(second + 42, true);
        view.setUint8(local + 30 + 16, 'n'.charCodeAt(0));
      },
    );
    expect(await saidOf(twice)).toMatch(/is not an export|is damaged/);
  });

  it.each([
    ['two checksums', (view: DataView, central: number) => view.setUint32(central + 16, 1, true)],
    [
      'a wrong checksum',
      (view: DataView, central: number) => {
        // Of its entry, and of the list.
        for (const at of [14, central + 16]) view.setUint32(at, 1, true);
      },
    ],
    ['a size beyond its end', (view: DataView, central: number) => view.setUint32(central + 20, 1e9, true)],
    [
      'a smaller size than what comes',
      (view: DataView, central: number) => view.setUint32(central + 24, 3, true),
    ],
    ['an encrypted entry', (view: DataView, central: number) => view.setUint16(central + 8, 1, true)],
    ['another compression', (view: DataView, central: number) => view.setUint16(central + 10, 99, true)],
    ['an entry outside', (view: DataView, central: number) => view.setUint32(central + 42, 1e8, true)],
    ['a list outside', (view: DataView, _: number, end: number) => view.setUint32(end + 16, 1e8, true)],
    [
      'more entries than there are',
      (view: DataView, _: number, end: number) => view.setUint16(end + 10, 9, true),
    ],
  ])('with %s', async (_what, change) => {
    expect(await saidOf(changed(plain, change))).toMatch(/is not an export|is damaged/);
  });

  it('when it ends too early', async () => {
    const whole = await zipped('full');
    for (const length of [4, 100, whole.length - 1, whole.length - 30, Math.floor(whole.length / 2)])
      expect(await saidOf(whole.slice(0, length))).toMatch(/is not an export|is damaged/);
  });

  it('when it inflates to one endless record, before it is held', async () => {
    const bomb = zipOf({
      'interactions.json': concat(records.subarray(0, -2), new Uint8Array(50_000_000).fill(0x7b)),
    });
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(await saidOf(bomb)).toMatch(/is damaged/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
  });

  it('when it inflates to nothing but space', async () => {
    const text = '{"format":"arq-context/export/1","exportedAt":"x","interactions":[';
    const bomb = zipOf({ 'interactions.json': concat(utf8(text), new Uint8Array(50_000_000).fill(0x20)) });
    expect(await saidOf(bomb)).toMatch(/is damaged|ends too early/);
  });
});
