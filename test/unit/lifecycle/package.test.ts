/** The files of an export: they say what they are, hold to their schemas, and have everything that they should. */
import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import {
  type Holdings,
  type PackageSources,
  packagePieces,
  ServiceSilent,
} from '../../../src/lifecycle/package-files.ts';
import { areOurNames } from '../../../src/lifecycle/package-names.ts';
import type { PackageKind } from '../../../src/lifecycle/schemas.ts';
import { ZipStream } from '../../../src/lifecycle/zip.ts';
import type { LogReading } from '../../../src/model/deletion-log.ts';
import { CONTEXT, PREFERENCES, PROFILE, RECORDS, SETTINGS, VISIT } from '../../support/full-things.ts';

const HELD = [
  {
    type: 'account',
    account: 'secret-account',
    createdAt: 5,
    head: 2,
    usage: { objects: 2, bodyBytes: 5_000, loggedOps: 3 },
  },
  {
    type: 'object',
    slot: 'secret-slot',
    etag: 'secret-etag',
    size: 3_000,
    at: 7,
    here: { kind: 'part', epoch: 1, day: '2026-11-24' },
  },
  { type: 'object', slot: 'secret-other', etag: 'secret-etag', size: 2_000, at: 9 },
];
const service = (problem?: string): Holdings => ({
  url: 'https://secret-sync.example',
  async *held() {
    yield* HELD;
    if (problem !== undefined) throw new ServiceSilent(problem);
  },
});
const AT = '2026-11-24T12:48:49.123Z';
const entry = { purge: 'random', reason: 'person', kind: 'site', records: 2, atMs: Date.parse(AT) } as const;
const DELETIONS: LogReading = {
  whole: true,
  entries: [
    { n: 0, before: '', step: 'flagged', ...entry },
    { n: 1, before: 'hash', step: 'overwritten', ...entry, keptDays: 1 },
    { n: 2, before: 'hash', step: 'overwritten', ...entry, kind: 'rules', reason: 'other-device' },
  ],
};
const sources = (given: Partial<PackageSources> = {}): PackageSources => ({
  exportedAt: new Date(VISIT.atMs + 5_000),
  version: '1.2.3',
  records: RECORDS.length,
  missingDays: 0,
  profile: async () => PROFILE,
  preferences: async () => PREFERENCES,
  settings: async () => SETTINGS,
  async *contexts() {
    yield CONTEXT;
    yield { ...CONTEXT, id: CONTEXT.id.replace('0', '1') };
  },
  deletions: async () => DELETIONS,
  async *days() {
    yield RECORDS.slice(0, 1);
    yield [];
    yield RECORDS.slice(1);
  },
  service: service(),
  ...given,
});

async function files(kind: PackageKind, given?: Partial<PackageSources>) {
  const made = new Map<string, string>();
  const warnings: string[] = [];
  let name = '';
  let records = 0;
  for await (const piece of packagePieces(sources(given), kind)) {
    name = piece.file ?? name;
    made.set(name, (made.get(name) ?? '') + piece.text);
    records = piece.records;
    if (piece.warning !== undefined) warnings.push(piece.warning);
  }
  return { made, warnings, records, json: (file: string) => JSON.parse(made.get(file) ?? '') as never };
}

describe.each<PackageKind>(['full', 'anonymised'])('%s', (kind) => {
  it('has every file that its README names, a schema for each JSON, and no other', async () => {
    const { made, records } = await files(kind);
    const names = [...made.keys()];
    expect(areOurNames(names)).toBe(true);
    const readme = made.get('README.txt') ?? '';
    for (const one of names)
      expect(readme).toContain(one.startsWith('schema/') ? 'schema/' : one === 'README.txt' ? 'Export' : one);
    for (const one of names.filter((name) => name.endsWith('.json') && !name.startsWith('schema/')))
      expect(names).toContain(`schema/${one.replace('.json', '.schema.json')}`);
    expect(records).toBe(2 * RECORDS.length);
  });

  const names = ['interactions', 'profile', 'preferences', 'contexts', 'service'];
  it.each(kind === 'full' ? [...names, 'settings', 'deletions'] : names)(
    '%s.json holds to its schema',
    async (name) => {
      const { json } = await files(kind);
      const ajv = new Ajv({ formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });
      const schema = json(`schema/${name}.schema.json`) as object;
      const data = json(`${name}.json`);
      expect(ajv.validate(schema, data), ajv.errorsText()).toBe(true);
      // And a schema that takes anything would be none.
      expect(ajv.validate(schema, 'something else')).toBe(false);
      if (typeof data !== 'object' || Array.isArray(data)) return;
      const [first] = (schema as { required?: string[] }).required ?? [];
      if (first === undefined) return;
      const { [first]: _, ...without } = data as Record<string, unknown>;
      expect(ajv.validate(schema, without)).toBe(false);
    },
  );

  it('says so, and goes on, when the service does not answer or breaks off', async () => {
    const { json, warnings, made } = await files(kind, { service: service('It does not answer.') });
    expect(warnings).toEqual(['It does not answer.']);
    expect(json('service.json')).toMatchObject({ complete: false, problem: 'It does not answer.' });
    expect(made.has('schema/service.schema.json')).toBe(true);
  });

  it('has no service.json while sync is off', async () => {
    const { made } = await files(kind, { service: null });
    expect([...made.keys()].filter((name) => name.includes('service'))).toEqual([]);
    expect(made.get('README.txt')).not.toContain('service.json');
  });

  it('says what cannot be read, and goes on', async () => {
    const { made, warnings } = await files(kind, {
      profile: async () => null,
      preferences: async () => null,
      deletions: async () => null,
    });
    expect(warnings).toEqual([
      expect.stringContaining('profile'),
      expect.stringContaining('preferences'),
      ...(kind === 'full' ? [expect.stringContaining('log of deletions')] : []),
    ]);
    expect(made.has('deletions.json')).toBe(false);
    expect(areOurNames([...made.keys()])).toBe(true);
    expect(made.has('profile.json')).toBe(false);
    expect(made.has('contexts.json')).toBe(true);
  });

  it('tells of days that are not part of it', async () => {
    expect((await files(kind, { missingDays: 3 })).made.get('README.txt')).toContain('3 days');
    expect((await files(kind)).made.get('README.txt')).not.toContain('days that are in archives');
  });
});

it('full: everything is as it is', async () => {
  const { json, made } = await files('full');
  const { interactions } = json('interactions.json') as { interactions: Record<string, unknown>[] };
  const times = ({ at, after }: Record<string, unknown>) => ({
    atMs: Date.parse(at as string),
    afterMs: Date.parse(after as string),
  });
  expect(interactions.map(({ at, after, ...rest }) => ({ ...rest, ...times({ at, after }) }))).toEqual(
    RECORDS,
  );
  expect(json('profile.json')).toEqual(JSON.parse(JSON.stringify(PROFILE)));
  expect(json('preferences.json')).toEqual(PREFERENCES);
  expect(json('settings.json')).toEqual(SETTINGS);
  expect(json('contexts.json')).toMatchObject([JSON.parse(JSON.stringify(CONTEXT)), {}]);
  const { entries } = json('deletions.json') as { entries: Record<string, unknown>[] };
  expect(entries.map(({ at, ...rest }) => ({ ...rest, atMs: Date.parse(at as string) }))).toEqual(
    DELETIONS.entries,
  );
  expect(json('service.json')).toMatchObject({
    complete: true,
    held: HELD,
    service: 'https://secret-sync.example',
  });
  expect(made.get('interactions.csv')?.trim().split('\r\n')).toHaveLength(RECORDS.length + 1);
});

it('full: an entry of the log of deletions that says more, or less, does not hold to its schema', async () => {
  const { json } = await files('full');
  const ajv = new Ajv({ formats: { 'date-time': true } });
  const schema = json('schema/deletions.schema.json') as object;
  const { entries } = json('deletions.json') as { entries: Record<string, unknown>[] };
  const [{ at, ...rest }] = entries as [Record<string, unknown>];
  for (const wrong of [rest, { ...rest, at, host: 'a.example' }, { ...rest, at, kind: 'mystery' }])
    expect(ajv.validate(schema, { whole: true, entries: [wrong] })).toBe(false);
});

it('anonymised: no text of anything is in any file, and no time within an hour', async () => {
  const { made, json } = await files('anonymised');
  for (const [name, text] of made) {
    if (name.startsWith('schema/') || name === 'README.txt') continue;
    expect(text.toLowerCase(), name).not.toContain('secret');
    expect(text, name).not.toMatch(/T\d\d:(?!00:00\.000Z)|48:49|example/);
  }
  expect(made.get('README.txt')).not.toMatch(/\d\d:\d\d/);
  expect(json('service.json')).toMatchObject({ held: { account: 1, object: 2 }, bytes: 5_000 });
  const rows = made.get('interactions.csv')?.trim().split('\r\n') ?? [];
  expect(rows).toHaveLength(RECORDS.length + 1);
});

it('is written as it is made: no piece holds more than one batch, and the file grows with each', async () => {
  const days = 30;
  const ofDay = (day: number) =>
    Array.from({ length: 1_200 }, (_, i) => ({
      ...VISIT,
      id: `d.${day}.${i}`,
      title: `${Math.sin(day * 1_200 + i)} ${Math.cos(day * 1_200 + i)}`,
    }));
  const many: PackageSources = sources({
    async *days() {
      for (let day = 0; day < days; day++) yield ofDay(day);
    },
  });
  let bytes = 0;
  const grown: number[] = [];
  const zip = new ZipStream(new Date(0), (chunk) => {
    bytes += chunk.length;
  });
  let [longest, before] = [0, 0];
  for await (const piece of packagePieces(many, 'full')) {
    longest = Math.max(longest, piece.records - before);
    before = piece.records;
    if (piece.file !== undefined) await zip.begin(piece.file);
    await zip.write(piece.text);
    grown.push(bytes);
  }
  await zip.end();
  expect(before).toBe(2 * days * 1_200);
  expect(longest).toBe(500);
  // It comes in chunks of a quarter of a megabyte, and never all at once.
  expect(bytes).toBeGreaterThan(1_500_000);
  expect(Math.max(...grown.map((size, i) => size - (grown[i - 1] ?? 0)))).toBeLessThan(600_000);
});
