import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sharedText } from '../../../scripts/shared-data.ts';
import { redact, redactPlainly } from '../../../src/capture/sensitive-data.ts';
import { SENSITIVE_KINDS, type SensitiveKind } from '../../../src/model/sensitive.ts';
import { figures, hashForTests, type Judged, judge, readCorpus } from '../../support/sensitive-corpus.ts';
import { judgePages, pageRows } from '../../support/sensitive-pages.ts';

const corpus = readCorpus();
/** Titles and addresses of ordinary pages; not part of the repository. */
const pages = sharedText('pages.tsv');
const redacted = async (text: string) => (await redact(text, hashForTests)).text;

it.skipIf(pages === undefined)('of ordinary pages at most 2 of 100 have something sensitive', async () => {
  const rows = pageRows(pages ?? '');
  expect(rows.length).toBeGreaterThan(1_000);
  const { changed, counted } = await judgePages(rows);
  expect((changed + counted) / rows.length).toBeLessThanOrEqual(0.02);
});

describe('the corpus', () => {
  it('is large and mixed enough to say something', () => {
    const positives = corpus.filter(({ isLookAlike }) => !isLookAlike);
    expect(corpus.length).toBeGreaterThanOrEqual(400);
    expect(new Set(positives.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(12);
    expect(new Set(corpus.map(({ language }) => language)).size).toBeGreaterThanOrEqual(5);
    expect(corpus.length - positives.length).toBeGreaterThanOrEqual(120);
    for (const part of ['first', 'held'])
      expect(corpus.filter((one) => one.part === part).length).toBeGreaterThanOrEqual(200);
  });

  it('is recognised: 97 of 100 of credentials, cards and IBANs, 90 of 100 of each other kind', async () => {
    const judged: Judged[] = await Promise.all(corpus.map(judge));
    const below = figures(judged)
      .map(({ kind, positives, caught }) => ({ kind, recall: caught / positives }))
      .filter(
        ({ kind, recall }) => !(recall >= (['credential', 'card', 'iban'].includes(kind) ? 0.97 : 0.9)),
      );
    expect(below).toEqual([]);
  });

  it('has few look-alikes that are taken for something', async () => {
    const judged = await Promise.all(corpus.filter(({ isLookAlike }) => isLookAlike).map(judge));
    const alarms = judged
      .filter(({ falseAlarm }) => falseAlarm)
      .map(({ text, redacted: now }) => `${text} -> ${now}`);
    expect(alarms.length / judged.length, alarms.join('\n')).toBeLessThanOrEqual(0.05);
  });
});

describe('what is found', () => {
  it('is replaced by its name, and the rest stays', async () => {
    expect(await redacted('pay with 4111 1111 1111 1111 tomorrow')).toBe('pay with [card number] tomorrow');
    expect(await redacted('password: hunter2')).toBe('password: [password or key]');
  });

  it('is hashed where equal ones are to stay equal, however they are spelled', async () => {
    const [first, same, other] = await Promise.all(
      ['to John.Doe@Example.com', 'from john.doe@example.com', 'to jane@example.com'].map(redacted),
    );
    expect(first).toMatch(/^to \[e-mail [0-9a-f]{12}\]$/);
    expect(same).toBe(first?.replace('to', 'from'));
    expect(other).not.toBe(first);
    expect(await redacted('call +49 30 901820')).toBe(await redacted('call 0049 30 901820'));
  });

  it('is counted by its kind, terms too; these stay', async () => {
    const { text, found } = await redact(
      'diabetes, mail a@b.com or c@d.com, visa 4111111111111111',
      hashForTests,
    );
    expect(text).toContain('diabetes');
    expect(found).toEqual({
      ...(Object.fromEntries(SENSITIVE_KINDS.map((kind) => [kind, 0])) as Record<SensitiveKind, number>),
      health: 1,
      email: 2,
      card: 1,
    });
  });

  it('is told as it stood, so that it can be looked for elsewhere', async () => {
    const { removed } = await redact('call +49 30 901820, password: hunter2', hashForTests);
    expect(removed).toEqual(['+49 30 901820', 'hunter2']);
  });

  it('needs no hash where nothing is hashed', async () => {
    const hash = vi.fn(hashForTests);
    await redact('password: hunter2, and nothing else here', hash);
    await redact('blue whales', hash);
    expect(hash).not.toHaveBeenCalled();
  });
});

/** Pieces of which texts are made that come near to what is looked for. */
const FRAGMENTS = [
  ...corpus.map(({ text }) => text),
  'password: ', 'password is ', 'pin ', 'tel. ', 'your code ', 'seed phrase: ', 'iban ', 'https://a.example/reset/', '?token=',
  '@', ' ', '.', '-', '"', '[', ']', '[card number]', '[e-mail 0123456789ab]', '[phone', '+', '00', '4111 1111 ', '\uFFFC', '\uD800', '\uDC00', '😀', '\u202E',
]; // biome-ignore format: a list
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 4 })), { maxLength: 8 })
    .map((all) => all.join('')),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
    .map((units) => String.fromCharCode(...units)),
);

describe('redaction', () => {
  it('changes nothing the second time, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const once = await redacted(text);
        expect(await redacted(once)).toBe(once);
        const plain = redactPlainly(text).text;
        expect(redactPlainly(plain)).toEqual({ text: plain, removed: [], pieces: [] });
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves texts alone that were redacted with a hash before, and the other way round', async () => {
    for (const { text } of corpus) {
      const once = await redacted(text);
      expect(redactPlainly(once).text).toBe(once);
      const plain = redactPlainly(text).text;
      expect(await redacted(plain)).toBe(plain);
    }
  });

  // No time is measured: 200,000 characters take a tenth of a second where each is looked at a bounded number of times, and
  // most of a minute, beyond the limit of the whole test, where it is squares.
  it('ends soon, whatever the text and however long', () => {
    for (const fragment of HOSTILE) redactPlainly(fragment.repeat(Math.ceil(200_000 / fragment.length)));
  });
});

const HOSTILE = [
  ' ', '0', 'a', 'A', '1 ', '0-', '=', '4 ', '41 ', 'ab-', ':', 'a:', '(', '"', "'", '[', '@', 'a@', 'a.', 'a@a.', '/', 'é', '😀', '\uD800', '\uFFFC',
  'password ', 'password: ', 'password: a1b2c3 ', 'pass for a ', 'password "', 'eyJaaaaaaaaa.', 'http://a:', 'a:b@', 'a?a=', '-----BEGIN PRIVATE KEY-----',
  'bearer a', 'a/reset/', 'DE12 3', 'your code ', 'code: a ', 'ssn 1', 'seed phrase abandon ', 'key-', '1:AA', 'passport A1', 'tel 1 ', 'a(at)a(dot)', '1.1.', 'a::',
]; // biome-ignore format: a list
