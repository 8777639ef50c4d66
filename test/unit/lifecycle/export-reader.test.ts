/** Exports are read in pieces of any size, and everything that is none is refused with a sentence that says what to do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passphraseKey } from '../../../src/crypto/passphrase.ts';
import { exportWriter } from '../../../src/lifecycle/export-format.ts';
import { BadFileError, ExportReader } from '../../../src/lifecycle/export-reader.ts';
import { parseRecord } from '../../../src/lifecycle/exported-record.ts';
import { foldEvents, type InteractionRecord } from '../../../src/model/interaction.ts';
import { checkFile } from '../../../src/options/export-file.ts';
import { MAX_FILE_BYTES, openExport, plainExport } from '../../../src/options/open-export.ts';
import { eventsOfOneDay } from '../../support/some-events.ts';

const exported = (records: readonly InteractionRecord[]): string => {
  const writer = exportWriter('json');
  return writer.start(new Date(0)) + writer.records(records) + writer.end();
};
const readIn = (text: string, pieceLength: number): unknown[] => {
  const reader = new ExportReader();
  const records: unknown[] = [];
  for (let i = 0; i < text.length; i += pieceLength)
    records.push(...reader.push(text.slice(i, i + pieceLength)));
  reader.end();
  return records;
};
const problem = async (content: BlobPart): Promise<string> => {
  const checked = await checkFile(plainExport(new Blob([content])), () => {}, new AbortController().signal);
  return checked.ok ? `fine: ${checked.value}` : `${checked.error.code}: ${checked.error.message}`;
};
const visit = {
  kind: 'visit',
  id: `${'A'.repeat(22)}.1.1`,
  at: '2026-01-02T03:04:05.678Z',
  level: 'private',
  url: 'https://a.example/',
  title: 'A "title" with \\ { and }',
  transition: 'link',
  dwellMs: 12,
} as const;
const file = (...records: unknown[]): string =>
  `{"format":"arq-context/export/1","exportedAt":"x","interactions":[${records.map((one) => JSON.stringify(one)).join(',')}]}`;

describe('an export', () => {
  it('is read as it was written, in pieces of any length', () => {
    fc.assert(
      fc.property(
        eventsOfOneDay(Date.UTC(2026, 0, 1), 12),
        fc.integer({ min: 1, max: 300 }),
        (events, length) => {
          const text = exported(foldEvents(events));
          expect(readIn(text, length)).toEqual(JSON.parse(text).interactions);
        },
      ),
    );
  });

  it('is read in any spacing, and with names of a later version around the records', () => {
    const text = JSON.stringify(
      { more: { a: [1] }, format: 'arq-context/export/1', interactions: [visit, visit], later: { b: ']' } },
      null,
      2,
    );
    for (const length of [1, 7, 10_000]) expect(readIn(`\n${text}\n`, length)).toEqual([visit, visit]);
    expect(readIn(file(), 3)).toEqual([]);
  });
});

describe('refused, with a sentence, is', () => {
  it.each([
    ['an empty file', '', 'not an export'],
    ['CSV', '\uFEFFid,at,kind\r\n', 'not an export'],
    ['a picture', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff]), 'damaged'],
    ['other JSON', '{"bookmarks":[]}', 'not an export'],
    ['JSON that only looks like one', '{"interactions":[]}', 'not an export'],
    ['a list', '[]', 'not an export'],
    ['an export of a later format', file(visit).replace('export/1', 'export/2'), 'Update ARQ Context'],
    ['one that was cut off within a record', file(visit, visit).slice(0, -60), 'ends too early'],
    ['one that was cut off between records', file(visit).slice(0, -2), 'ends too early'],
    ['one with something behind it', `${file(visit)}{}`, 'damaged'],
    ['one without a comma', file(visit, visit).replace('},{', '}{'), 'damaged'],
    ['one with a record that is no object', file(visit, 7), 'damaged'],
    [
      'one with broken text',
      new Uint8Array([...new TextEncoder().encode(file(visit)).subarray(0, 99), 0xff]),
      'damaged',
    ],
    ['one with a huge record', file({ ...visit, more: 'x'.repeat(200_000) }), 'damaged'],
  ])('%s', async (_what, content, words) => {
    const said = await problem(content as BlobPart);
    expect(said).toContain('bad-file');
    expect(said).toContain(words);
    expect(said).toMatch(/(Choose|choose) .*Nothing was imported\./);
  });

  it.each([
    ['a foreign id', { id: 'x' }],
    ['an address that is no link', { url: 'javascript:alert(1)' }],
    ['an unknown level', { level: 'secret' }],
    ['the level that is never stored', { level: 'ephemeral' }],
    ['no time', { at: undefined }],
    ['a time in other words', { at: '2026-01-02' }],
    ['a day that there is not', { at: '2026-02-30T00:00:00.000Z' }],
    ['a time before there were browsers', { at: '1812-01-02T03:04:05.678Z' }],
    ['a time after all that is recorded', { at: '9000-01-01T00:00:00.000Z' }],
    ['a negative time spent', { dwellMs: -1 }],
    ['no time spent', { dwellMs: undefined }],
    ['an update instead of a record', { kind: 'visit-update', visit: visit.id }],
    ['a title that is too long', { title: 'x'.repeat(1001) }],
  ])('a record with %s', async (_what, change) => {
    expect(parseRecord(visit)).not.toBeNull();
    expect(parseRecord({ ...visit, ...change })).toBeNull();
    expect(await problem(file(visit, { ...visit, ...change }))).toContain('damaged');
  });

  it('a file that is too large, before it is read', async () => {
    const huge = { size: MAX_FILE_BYTES + 1 } as Blob;
    expect(await openExport(huge, passphraseKey)).toMatchObject({ ok: false, error: { code: 'too-large' } });
  });

  it('but not one with all that three busy people recorded in two years', () => {
    const url = `https://a.example/${'a'.repeat(90)}`;
    const record = { ...visit, atMs: 0, url, title: 'x'.repeat(60), referrer: url } as const;
    const { length } = exportWriter('json').records(Array(1_000).fill(record));
    // What a record of a person takes on average.
    expect(length / 1_000).toBeGreaterThan(323);
    expect(length * 3_000).toBeLessThan(MAX_FILE_BYTES);
  });

  it('a file that the browser cannot read', async () => {
    const gone = { size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) };
    const source = plainExport(gone as never);
    for (const said of [
      await openExport(gone as never, passphraseKey),
      await checkFile(source, () => {}, new AbortController().signal),
    ])
      expect(said).toMatchObject({ ok: false, error: { code: 'unreadable' } });
  });
});

it('holds no more than one record', () => {
  const reader = new ExportReader();
  const many = file(...Array.from({ length: 5_000 }, () => visit));
  for (let i = 0; i < many.length; i += 1000) reader.push(many.slice(i, i + 1000));
  reader.end();
  expect(() => new ExportReader().push('{'.padEnd(70_000, ' '))).toThrow(BadFileError);
});
