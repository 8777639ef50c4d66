/**
 * What goes into a pack comes out of it, whatever it is; what was damaged is refused and nothing hangs.
 *
 * Over 300 lines, because each format is held to the same rules.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  BitReader,
  BitWriter,
  readColumn,
  unzigzag,
  writeColumn,
  zigzag,
} from '../../../../src/base/bit-stream.ts';
import { ByteReader, ByteWriter } from '../../../../src/base/byte-stream.ts';
import type { Bytes } from '../../../../src/base/bytes.ts';
import { DAY_MS, dayOf, dayStartMs } from '../../../../src/base/clock.ts';
import {
  compareEvents,
  foldEvents,
  type InteractionEvent,
  STORE_TYPES,
  storeTypeOf,
} from '../../../../src/model/interaction.ts';
import { hostOf, siteTerm } from '../../../../src/model/page.ts';
import { summaryOf } from '../../../../src/model/summary.ts';
import { addressText, eachWord } from '../../../../src/model/words.ts';
import { wholeSource } from '../../../../src/storage/format/byte-source.ts';
import { Lexicon, LexiconBuilder } from '../../../../src/storage/format/lexicon.ts';
import { Outline } from '../../../../src/storage/format/outline.ts';
import { type EncodedPack, encodePack, type TablePart } from '../../../../src/storage/format/pack.ts';
import { Postings } from '../../../../src/storage/format/postings.ts';
import { decodeSegment, eventOf } from '../../../../src/storage/format/segment.ts';
import {
  type AddressTexts,
  encodeTexts,
  Texts,
  type TextTables,
} from '../../../../src/storage/format/texts.ts';
import { eventsOfOneDay } from '../../../support/some-events.ts';

const DAY = '2026-11-24';
const START = dayStartMs(DAY);

it('numbers come back from a byte stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.maxSafeNat(), fc.nat(300))),
      fc.array(fc.integer()),
      (counts, signed) => {
        const writer = new ByteWriter();
        for (const count of counts) writer.varint(count);
        for (const one of signed) writer.signed(one);
        const reader = new ByteReader(writer.bytes());
        expect(counts.map(() => reader.varint())).toEqual(counts);
        expect(signed.map(() => reader.signed())).toEqual(signed);
        expect(reader.left).toBe(0);
        expect(() => reader.u8()).toThrow(RangeError);
      },
    ),
  );
});

it('columns and counts come back from a bit stream, one after the other', () => {
  const column = fc.oneof(
    fc.array(fc.nat(3)),
    fc.array(fc.nat(5000)),
    fc.array(fc.oneof({ weight: 30, arbitrary: fc.nat(9) }, { weight: 1, arbitrary: fc.maxSafeNat() })),
    fc.tuple(fc.maxSafeNat(), fc.nat(50)).map(([value, length]) => Array<number>(length).fill(value)),
  );
  fc.assert(
    fc.property(fc.array(column), fc.array(fc.maxSafeNat()), (columns, counts) => {
      const writer = new BitWriter();
      for (const one of columns) {
        writer.count(one.length);
        writeColumn(writer, one);
      }
      for (const one of counts) writer.count(one);
      const bytes = writer.bytes();
      const reader = new BitReader(bytes);
      for (const one of columns) expect([...readColumn(reader, reader.count())]).toEqual(one);
      expect(counts.map(() => reader.count())).toEqual(counts);
    }),
    { numRuns: 1000 },
  );
});

it('a bit stream of any length ends with its last bit', () => {
  // Also where its bytes fill what was set aside for them.
  for (let length = 1; length < 3 * 8192; length += 7) {
    const writer = new BitWriter();
    for (let i = 0; i < length; i++) writer.bits((i * 7) & 1, 1);
    const reader = new BitReader(writer.bytes());
    let same = true;
    for (let i = 0; i < length; i++) same &&= reader.bits(1) === ((i * 7) & 1);
    expect(same).toBe(true);
  }
  for (const length of [1023 * 8 + 1, 1024 * 8, 1024 * 8 + 1, 1024 * 8 + 7, 2048 * 8 + 3]) {
    const writer = new BitWriter();
    for (let i = 0; i < length; i++) writer.bits(1, 1);
    expect(writer.bytes()).toHaveLength(Math.ceil(length / 8));
  }
});

it('signs come back', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), (n) => unzigzag(zigzag(n)) === n));
});

const noKeep = async <T>(_: number, open: () => Promise<{ readonly value: T }>) => (await open()).value;

async function readTexts(tables: TextTables) {
  const lexicon = await Lexicon.read(tables.lexicon);
  const postings = await Postings.open(wholeSource(tables.postings));
  const texts = await Texts.open(wholeSource(tables.texts), lexicon, noKeep);
  const find = async (word: string) =>
    new Set((await postings.find(lexicon.beginningWith(word))).flatMap((list) => [...list]));
  return { lexicon, find, texts };
}

/** Words in every way of writing, and what lies between them. */
const piece = fc.oneof(
  fc.constantFrom(
    'alpha',
    'Beta',
    'GAMMA',
    'GitHub',
    'iPhone',
    '2016',
    'café',
    'CAFÉ',
    'Ñandú',
    'straße',
    'İ',
    'ΟΔΟΣ',
  ),
  fc.constantFrom(
    '東京タワー',
    'ホテル',
    'ภาษาไทย',
    'Москва',
    'ёж',
    'ﬁne',
    '½',
    'Acme™',
    '𝔘nicode',
    '👩‍👩‍👧',
    'e\u0301',
  ),
  fc.constantFrom(
    ' ',
    '-',
    '/',
    '.',
    '%20',
    '%E6%9D%B1',
    '\n',
    '\u0001',
    '\u001b',
    '\t',
    ', ',
    '…',
    '\u2028',
    '%',
  ),
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constant('x'.repeat(200)),
  fc.constant('字'.repeat(90)),
);
const anyText = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('').toWellFormed());
const anyUrl = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('https://', 'http://'),
      fc.constantFrom('a.example', 'b.a.example', 'c.test'),
      anyText,
    )
    .map(([scheme, host, rest]) => `${scheme}${host}/${rest}`),
  fc.constantFrom(
    'https://A.example/GitHub/x',
    'https://A.example/GitHub/y',
    'https://A.example/GitHub/YqmXdQ/1',
    `https://a.example/${'w/'.repeat(300)}`,
    `https://a.example/${'w/'.repeat(300)}z`,
  ),
  anyText,
);
const someAddresses = fc
  .uniqueArray(
    fc.record({
      url: anyUrl,
      titles: fc.array(anyText, { maxLength: 2 }),
      details: fc.array(anyText, { maxLength: 2 }),
    }),
    { selector: ({ url }) => url, maxLength: 80 },
  )
  .map((list) => [...list].sort((a, b) => (a.url < b.url ? -1 : 1)));

it('texts come back to the letter, alone and all together', async () => {
  await fc.assert(
    fc.asyncProperty(someAddresses, async (addresses) => {
      const { texts } = await readTexts(await encodeTexts(addresses, new LexiconBuilder()));
      expect(await texts.all()).toEqual(addresses);
      for (const [index, address] of addresses.entries()) expect(await texts.read(index)).toEqual(address);
    }),
    { numRuns: 400 },
  );
});

it('texts that take much more than usual come back', async () => {
  const addresses = Array.from(
    { length: 70 },
    (_, n): AddressTexts => ({
      url: `https://a.example/${String(n).padStart(3, '0')}`,
      titles: [Array.from({ length: 1_500 }, (_, i) => `W${n}-${i}.`).join('')],
      details: [],
    }),
  );
  const { texts } = await readTexts(await encodeTexts(addresses, new LexiconBuilder()));
  expect(await texts.read(63)).toEqual(addresses[63]);
  expect(await texts.all()).toEqual(addresses);
});

it('every address with a word that begins so is found, and none without it where texts are plain', async () => {
  const wordsOf = ({ url, titles, details }: AddressTexts) => {
    const words = new Set<string>();
    for (const text of [addressText(url), ...titles, ...details]) eachWord(text, (word) => words.add(word));
    return words;
  };
  await fc.assert(
    fc.asyncProperty(someAddresses, fc.nat(), fc.nat(), async (addresses, which, length) => {
      const { find } = await readTexts(await encodeTexts(addresses, new LexiconBuilder()));
      const all = [...new Set(addresses.flatMap((one) => [...wordsOf(one)]))];
      const word = all[which % Math.max(1, all.length)] ?? 'x';
      for (const prefix of [word, word.slice(0, 1 + (length % word.length)), 'zzzq']) {
        const found = await find(prefix);
        for (const [index, address] of addresses.entries()) {
          const has = [...wordsOf(address)].some((one) => one.startsWith(prefix));
          if (has) expect(found).toContain(index);
          // Half a character finds more than is meant.
          else if (
            prefix.isWellFormed() &&
            /^[\x20-\x24\x26-\x7e]*$/.test([address.url, ...address.titles, ...address.details].join(''))
          )
            if (!/[a-z0-9]{64}/i.test(JSON.stringify(address)))
              // Words are kept in pieces of 64: the further ones are found too.
              expect(found).not.toContain(index);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('rare and frequent words have codes of every length, and all are found', async () => {
  // More words than codes of one and two bytes, each in two titles; a few in many.
  const titles = Array.from(
    { length: 17_000 },
    (_, i) => `w${i.toString(36)} common${i % 5} w${((i + 7) % 17_000).toString(36)}`,
  );
  const addresses = titles.map((title, i) => ({
    url: `https://a.example/${String(i).padStart(6, '0')}`,
    titles: [title],
    details: [],
  }));
  const { lexicon, find, texts } = await readTexts(await encodeTexts(addresses, new LexiconBuilder()));
  expect(lexicon.beginningWith('common').map(({ wordClass }) => wordClass)).toEqual([0]);
  const classes = new Set<number>();
  for (const i of [0, 1, 36, 1000, 5000, 9000, 16_000, 16_999]) {
    const word = `w${i.toString(36)}`;
    const expected = titles.flatMap((title, at) =>
      title.split(' ').some((one) => one.startsWith(word)) ? [at] : [],
    );
    for (const { wordClass } of lexicon.beginningWith(word)) classes.add(wordClass);
    const found = await find(word);
    expect([...found].sort((a, b) => a - b)).toEqual(expected);
  }
  expect([...classes].sort()).toEqual([0, 1, 2]);
  expect(await texts.read(12_345)).toEqual(addresses[12_345]);
  expect((await texts.all())[16_999]).toEqual(addresses[16_999]);
});

const tableOf = ({ tables }: EncodedPack, wanted: TablePart): Bytes => {
  const found = tables.find(([part]) => part === wanted);
  if (!found) throw new Error(`no ${wanted}`);
  return found[1];
};

const outlineOf = (bytes: Bytes): Promise<Outline> => Outline.open(wholeSource(bytes));

async function decodePack(pack: EncodedPack): Promise<Map<string, InteractionEvent[]>> {
  const { texts } = await readTexts({
    lexicon: tableOf(pack, 'lexicon'),
    postings: tableOf(pack, 'postings'),
    texts: tableOf(pack, 'texts'),
  });
  const all = await texts.all();
  const textsOf = (address: number): AddressTexts => {
    const found = all[address];
    if (!found) throw new RangeError('no such address');
    return found;
  };
  const outline = await outlineOf(tableOf(pack, 'outline'));
  const decoded = new Map<string, InteractionEvent[]>();
  for (const { day, segments } of pack.days) {
    const addresses = await outline.addressesOf(day);
    const rows = segments.flatMap(([type, bytes]) => decodeSegment(bytes, addresses[type], dayStartMs(day)));
    decoded.set(day, rows.map((row) => eventOf(row, textsOf)).sort(compareEvents));
  }
  return decoded;
}

/** Up to three days, later ones moved by whole days and with counters of their own. */
const someDays = fc
  .array(eventsOfOneDay(START), { minLength: 1, maxLength: 3 })
  .map((days) => {
    const moved = days.map((events, index) =>
      events.map((event) => ({ ...event, atMs: event.atMs + index * DAY_MS })),
    );
    return new Map(
      moved.flatMap((events, index) =>
        events.length === 0 ? [] : [[dayOf(START + index * DAY_MS), events] as const],
      ),
    );
  })
  .filter((days) => days.size > 0);

it('events come back from a pack, and so do the addresses and the summary of each day', async () => {
  await fc.assert(
    fc.asyncProperty(someDays, async (days) => {
      const pack = await encodePack(days);
      const decoded = await decodePack(pack);
      const outline = await outlineOf(tableOf(pack, 'outline'));
      for (const [day, unsorted] of days) {
        const events = [...unsorted].sort(compareEvents);
        expect(decoded.get(day)).toEqual(events);
        const folded = foldEvents(events);
        const { sites, ...rest } = summaryOf(folded);
        const found = await outline.summary(day, { sites: true });
        expect(found.hours).toEqual(rest.hours);
        expect(found.dwellMs).toBe(Math.floor(rest.dwellMs));
        expect(found.spans).toEqual(
          rest.spans.map(({ fromMs, toMs }) => ({ fromMs, toMs: fromMs + Math.floor(toMs - fromMs) })),
        );
        expect(new Map(found.sites)).toEqual(
          new Map([...sites].map(([host, site]) => [host, { ...site, dwellMs: Math.floor(site.dwellMs) }])),
        );
        const { records } = pack.days.find((one) => one.day === day) ?? { records: [] };
        expect(records.reduce((sum, count) => sum + count, 0)).toBe(folded.length);
        expect((await outline.summary(day, { sites: false })).sites.size).toBe(0);
        const addresses = await outline.addressesOf(day);
        const ofDay = new Set(STORE_TYPES.flatMap((type) => [...addresses[type]]));
        for (let address = 0; address < outline.addressCount; address++)
          expect(outline.daysOf(address).includes(day)).toBe(ofDay.has(address));
        for (const event of events) {
          if (event.kind === 'reduced' || event.kind === 'visit-update') continue;
          const places: number[] = [];
          for (const [from, to] of await outline.addressesOfHosts(siteTerm(hostOf(event.url))))
            for (let place = from; place < to; place++) places.push(place);
          const own = addresses[storeTypeOf(event)];
          expect(places.some((place) => own.includes(place))).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});

it('a page that is visited on many days is written once', async () => {
  const visit = (n: number, day: number): InteractionEvent => ({
    kind: 'visit',
    id: `AAAAAAAAAAAAAAAAAAAAAA.1.${(day * 100 + n).toString(36)}`,
    atMs: START + day * DAY_MS + n * 60_000,
    level: 'private',
    url: `https://a.example/${'some-long-path/'.repeat(3)}${n * 7919}`,
    title: `A title of page number ${n * 7919} and its words`,
    transition: 'link',
  });
  const day = (index: number) => Array.from({ length: 50 }, (_, n) => visit(n, index));
  const sizeOf = async (days: number) => {
    const pack = await encodePack(
      new Map(Array.from({ length: days }, (_, i) => [dayOf(START + i * DAY_MS), day(i)])),
    );
    return ['lexicon', 'postings', 'texts'].reduce(
      (sum, part) => sum + tableOf(pack, part as TablePart).length,
      0,
    );
  };
  expect(await sizeOf(5)).toBe(await sizeOf(1));
});

it('damaged bytes are refused or read as something else, and never hang', async () => {
  const [events] = fc.sample(eventsOfOneDay(START, 60), { numRuns: 1, seed: 7 });
  const pack = await encodePack(new Map([[DAY, events ?? []]]));
  const [lexicon, postings, texts, outline] = ['lexicon', 'postings', 'texts', 'outline'].map((part) =>
    tableOf(pack, part as TablePart),
  ) as [Bytes, Bytes, Bytes, Bytes];
  const addresses = await (await outlineOf(outline)).addressesOf(DAY);
  const readAll = async (tables: TextTables) => {
    const opened = await readTexts(tables);
    await opened.find('a');
    await opened.texts.read(0);
    await opened.texts.all();
  };
  const readers: [Bytes, (bytes: Bytes) => Promise<unknown>][] = [
    [lexicon, (bytes) => readAll({ lexicon: bytes, postings, texts })],
    [postings, (bytes) => readAll({ lexicon, postings: bytes, texts })],
    [texts, (bytes) => readAll({ lexicon, postings, texts: bytes })],
    [
      outline,
      async (bytes) => {
        const read = await outlineOf(bytes);
        await read.addressesOf(DAY);
        for (let address = 0; address < 50; address++) read.daysOf(address);
        await read.summary(DAY, { sites: true });
      },
    ],
    ...(pack.days[0]?.segments ?? []).map(([type, segment]): [Bytes, (bytes: Bytes) => Promise<unknown>] => [
      segment,
      async (bytes) => decodeSegment(bytes, addresses[type], START),
    ]),
  ];
  for (const [bytes, read] of readers) {
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.slice();
      flipped[i] = (flipped[i] as number) ^ (1 << (i % 8));
      await read(flipped).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
      if (i % 7 === 0)
        await read(bytes.slice(0, i)).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    }
  }
});
