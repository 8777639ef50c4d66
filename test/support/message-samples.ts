/**
 * Of every message of the table: bodies that are right, the first with no key that may be left out, and bodies that are wrong
 * in a way that only its own meaning tells. A type without samples does not compile, and does not pass.
 *
 * Over 300 lines, because it has a sample for each message, in the order of the table of messages.
 */
import type { MessageBody, MessageType } from '../../src/messaging/messages.ts';
import { SOME_KDF } from './some-kdf.ts';

interface Samples<T extends MessageType> {
  readonly right: readonly [MessageBody<T>, ...MessageBody<T>[]];
  readonly wrong?: readonly unknown[];
}

const nonce = 'N'.repeat(22);
const key = 'K'.repeat(43);
/** 16 bytes; and what is none. */
const secret = 'A'.repeat(22);
const badSecrets = ['', 'A'.repeat(21), 'A'.repeat(23), 'abandon ability', `${'A'.repeat(21)}B`];
const nothing = { right: [{}] } as const;
const sites = { right: [{ host: 'site.example' }], wrong: [{ host: 'x'.repeat(254) }] } as const;
const some = { right: [{ id: 'some-id' }], wrong: [{ id: 'x'.repeat(121) }] } as const;

const retentions: Samples<'retention.set'> & Samples<'retention.forecast'> = {
  right: [
    { retention: { levels: {}, sites: [] } },
    { retention: { levels: { private: 365 }, sites: [{ host: 'site.example', keep: 'forever' }] } },
  ],
  wrong: [
    { retention: { levels: { private: 31 }, sites: [] } },
    { retention: { levels: {}, sites: [{ host: 'site.example', keep: 0 }] } },
    { retention: { levels: {}, sites: [{ host: 'x'.repeat(254), keep: 30 }] } },
  ],
};

export const MESSAGE_SAMPLES: { readonly [T in MessageType]: Samples<T> } = {
  'event.page': { right: [{ startedMs: 1.5, nonce }], wrong: [{ startedMs: 1, nonce: 'short' }] },
  'event.click': {
    right: [
      { role: 'button', text: 'Press', nonce },
      { role: 'link', text: '', target: 'https://to.example/', nonce },
    ],
    wrong: [
      { role: 'x'.repeat(41), text: '', nonce },
      { role: 'button', text: 'x'.repeat(81), nonce },
      { role: 'button', text: '', target: 'x'.repeat(4097), nonce },
      { role: 'button', text: '', nonce: `${nonce}=` },
    ],
  },
  'status.get': nothing,
  'consent.set': { right: [{ accepted: true }, { accepted: true, persisted: false }] },
  'level.set': {
    right: [{ level: 'public' }, { level: 'public', stored: 'keep' }],
    wrong: [{ level: 'secret' }, { level: 'toString' }, { level: 'public', stored: 'all' }],
  },
  'pause.set': { right: [{ pause: '15m' }], wrong: [{ pause: '15 minutes' }] },
  'pause.end': nothing,
  'loss.seen': {
    right: [{ message: 'The browser lost the last records.' }],
    wrong: [{ message: 'x'.repeat(2001) }],
  },
  'rules.list': nothing,
  'rules.set': {
    right: [
      { host: 'ruled.example', capture: 'domain' },
      { host: 'ruled.example', capture: 'full', level: 'public' },
    ],
    wrong: [
      { host: 'ruled.example', capture: 'everything' },
      { host: 'ruled.example', capture: 'full', level: 'valueOf' },
    ],
  },
  'rules.remove': some,
  'rules.test': {
    right: [
      { address: 'https://ruled.example/' },
      { address: 'https://ruled.example/', rule: { host: 'ruled.example', capture: 'skip' } },
      { address: 'x', rule: { host: '', pattern: '^https://', capture: 'full', level: 'public' } },
    ],
    wrong: [
      { address: 'x'.repeat(4097) },
      { address: 'x', rule: { host: 'ruled.example', capture: 'constructor' } },
    ],
  },
  'stored.count': {
    right: [
      { scope: { what: 'all' } },
      { scope: { what: 'rule', id: 'some-id' } },
      { scope: { what: 'level', level: 'anonymous', erase: false } },
    ],
    wrong: [{ scope: { what: 'some' } }, { scope: { what: 'level', level: 'secret', erase: false } }],
  },
  'stored.cancel': nothing,
  'stored.apply': {
    right: [{ scope: { what: 'rule', id: 'no-rule' } }],
    wrong: [{ scope: { what: 'rule' } }, { scope: { what: 'level', level: 'public', erase: 1 } }],
  },
  'privacy.get': nothing,
  'privacy.withdraw': {
    right: [{ use: 'sync', to: 'https://sync.example' }],
    wrong: [{ use: 'everything', to: 'x' }],
  },
  'sensitive.get': nothing,
  'page.current': nothing,
  'records.search': {
    right: [
      { text: '', limit: 5 },
      {
        text: 'title',
        site: 'site.example',
        fromMs: 0,
        toMs: 1,
        kind: 'visit',
        limit: 200,
        after: { atMs: 1, url: 'https://site.example/' },
      },
    ],
    wrong: [
      { text: '', limit: 0 },
      { text: '', limit: 201 },
      { text: '', limit: 1.5 },
      { text: 'x'.repeat(201), limit: 5 },
      { text: '', limit: 5, kind: 'visits' },
      { text: '', limit: 5, fromMs: 2 ** 53 },
    ],
  },
  'records.page': {
    right: [
      { url: 'https://site.example/', limit: 1 },
      { url: 'https://site.example/', limit: 200, after: { atMs: 1, id: 'some-id' } },
    ],
    wrong: [
      { url: 'https://site.example/', limit: 0 },
      { url: 'https://site.example/', limit: 201 },
      { url: 'x'.repeat(4097), limit: 1 },
      { url: 'https://site.example/', limit: 1, after: { atMs: 1, url: 'https://site.example/' } },
    ],
  },
  'erase.count': {
    right: [{ target: { what: 'all' } }, { target: { what: 'page', url: 'https://site.example/' } }],
    wrong: [{ target: { what: 'everything' } }, { target: { what: 'all', host: 'site.example' } }],
  },
  'erase.run': {
    right: [
      { target: { what: 'record', id: 'some-id' } },
      { target: { what: 'record', id: 'some-id', day: '2026-11-24' } },
      { target: { what: 'page', url: 'https://gone.example/' } },
      { target: { what: 'site', host: 'gone.example' } },
      { target: { what: 'range', fromMs: 0, toMs: 1 } },
      { target: { what: 'all' } },
      { target: { what: 'hour' } },
      { target: { what: 'found', text: 'gone', site: 'gone.example', fromMs: 0, toMs: 1, kind: 'visit' } },
    ],
    wrong: [
      { target: { what: 'found', text: 'x'.repeat(201) } },
      { target: { what: 'record', id: 'some-id', day: '24.11.2026' } },
      { target: { what: 'range', fromMs: 0.5, toMs: 1 } },
      { target: { what: 'site', host: 'gone.example', url: 'https://gone.example/' } },
    ],
  },
  'erase.undo': some,
  'erase.finish': nothing,
  'erase.log': nothing,
  'retention.get': nothing,
  'retention.forecast': retentions,
  'retention.set': retentions,
  'retention.clock': nothing,
  'history.follow': { right: [{ on: false }], wrong: [{ on: 1 }] },
  'history.cleared': { right: [{ erase: false }], wrong: [{ erase: 'yes' }] },
  'import.history': nothing,
  'import.cancel': nothing,
  'device.seen': {
    right: [{ width: 800, height: 600, theme: 'dark' }],
    wrong: [
      { width: 0, height: 600, theme: 'dark' },
      { width: 800, height: 100_000, theme: 'dark' },
      { width: 800, height: 600, theme: 'pink' },
    ],
  },
  'health.get': nothing,
  'caches.purge': nothing,
  'compact.run': nothing,
  'compact.cancel': nothing,
  'budget.get': nothing,
  'budget.set': { right: [{ limitBytes: 10 ** 9 }], wrong: [{ limitBytes: -1 }, { limitBytes: 1.5 }] },
  'budget.pin': sites,
  'budget.unpin': sites,
  'budget.sites': nothing,
  'archive.confirm': some,
  'archive.discard': some,
  'lock.parameters': nothing,
  'lock.unlock': {
    right: [{ key }, { key, by: 'AbC-_9' }],
    wrong: [{ key: `${key}A` }, { key: '' }, { key, by: 'x+y' }],
  },
  'lock.check': { right: [{}, { current: key, by: 'AbC-_9' }], wrong: [{ current: `${key}=` }] },
  'lock.now': nothing,
  'lock.set': {
    right: [
      { kdf: SOME_KDF, key },
      { kdf: SOME_KDF, key, current: key },
      { kdf: SOME_KDF, key, current: key, by: 'AbC-_9' },
    ],
    wrong: [
      { kdf: { ...SOME_KDF, memory: 1024 }, key },
      { kdf: { ...SOME_KDF, memory: 2 ** 30 }, key },
      { kdf: { ...SOME_KDF, passes: 1 }, key },
      { kdf: { ...SOME_KDF, lanes: 4 }, key },
      { kdf: { ...SOME_KDF, name: 'pbkdf2' }, key },
      { kdf: SOME_KDF, key: key.slice(1) },
    ],
  },
  'lock.remove': { right: [{}, { current: key, off: true }], wrong: [{ current: 'K' }] },
  'lock.add-passkey': {
    right: [{ id: 'AbC-_9', salt: key, key }],
    wrong: [
      { id: 'x+y', salt: key, key },
      { id: 'AbC-_9', salt: 'short', key },
      { id: 'A'.repeat(1_365), salt: key, key },
    ],
  },
  'lock.remove-passkey': { right: [{ id: 'AbC-_9' }, { id: 'AbC-_9', current: key, off: false }] },
  'lock.start-over': { right: [{ word: 'DELETE' }], wrong: [{ word: 'delete' }, { word: '' }] },
  'lock.auto': {
    right: [{ minutes: 15 }, { minutes: 60, current: key }],
    wrong: [{ minutes: 14 }, { minutes: 15.5 }, { minutes: 60, current: 'short' }],
  },
  'requests.get': nothing,
  'requests.delete': {
    right: [{ account: false, reason: '', word: 'DELETE' }],
    wrong: [
      { account: false, reason: '', word: 'delete' },
      { account: false, reason: 'x'.repeat(201), word: 'DELETE' },
    ],
  },
  'requests.rectify': {
    right: [
      { correction: { what: 'title', url: 'https://site.example/', from: '', to: 'Title' }, reason: '' },
      { correction: { what: 'query', url: 'https://site.example/', from: 'a', to: 'b' }, reason: '' },
      { correction: { what: 'timezone', to: 'Europe/Lisbon' }, reason: '' },
    ],
    wrong: [
      {
        correction: { what: 'title', url: 'https://site.example/', from: '', to: 'x'.repeat(1_001) },
        reason: '',
      },
      { correction: { what: 'query', url: 'https://site.example/', from: 'a', to: ' ' }, reason: '' },
      { correction: { what: 'theme', to: 'dark' }, reason: '' },
      { correction: { what: 'language', to: '' }, reason: '' },
    ],
  },
  'requests.resume': some,
  'requests.cancel': some,
  'requests.clear': nothing,
  'rectify.find': { right: [{ url: 'https://site.example/' }], wrong: [{ url: 'x'.repeat(4_097) }] },
  'plugins.get': nothing,
  'plugins.switch': { right: [{ on: true }] },
  'plugins.allow': {
    right: [
      { id: 'c'.repeat(32), name: 'Other', fields: ['host'], untilMs: 1 },
      { id: 'c'.repeat(32), name: 'Other', fields: ['host'], untilMs: 1, current: key },
    ],
    wrong: [
      { id: 'c'.repeat(32), name: 'Other', fields: [], untilMs: 1 },
      { id: 'c'.repeat(32), name: 'Other', fields: ['password'], untilMs: 1 },
      { id: 'c'.repeat(32), name: 'x'.repeat(2_000), fields: ['host'], untilMs: 1 },
    ],
  },
  'plugins.refuse': some,
  'plugins.withdraw': some,
  'plugins.clear-log': nothing,
  // Nothing listens there.
  'sync.create': {
    right: [
      { url: 'http://127.0.0.1:1/' },
      { url: 'http://127.0.0.1:1/', deviceName: 'Laptop' },
      { url: 'http://127.0.0.1:1/', current: key },
    ],
    wrong: [
      { url: 'http://127.0.0.1:1/', deviceName: 'x'.repeat(61) },
      { url: 'http://127.0.0.1:1/', current: 'short' },
    ],
  },
  'sync.invite': { right: [{}, { current: key }], wrong: [{ current: 'short' }] },
  'sync.join': {
    right: [{ code: 'arq1:x' }, { code: 'arq1:x', deviceName: 'Phone' }, { code: 'arq1:x', current: key }],
    wrong: [{ code: 'x'.repeat(2049) }, { code: 'arq1:x', current: 'short' }],
  },
  'sync.restore': {
    right: [
      { url: 'https://sync.example', secret },
      { url: 'https://sync.example', secret, deviceName: 'Phone' },
      { url: 'https://sync.example', secret, current: key },
    ],
    wrong: [...badSecrets.map((bad) => ({ url: 'https://sync.example', secret: bad }))],
  },
  'sync.preview': nothing,
  'sync.agree': { right: [{ of: '' }, { of: 'x' }], wrong: [{ of: 1 }, { of: 'x'.repeat(65) }] },
  'sync.conflicts': nothing,
  'sync.resolve': {
    right: [{ name: 'level', state: '[]', resolution: 'merge' }],
    wrong: [
      { name: 'level', state: '[]', resolution: 'both' },
      { name: 'x'.repeat(601), state: '', resolution: 'merge' },
    ],
  },
  'sync.remove-device': some,
  'sync.know-devices': nothing,
  'phrase.show': { right: [{}, { current: key }], wrong: [{ current: 'short' }] },
  'phrase.confirm': { right: [{ secret }], wrong: badSecrets.map((bad) => ({ secret: bad })) },
  'phrase.check': { right: [{ secret }], wrong: badSecrets.map((bad) => ({ secret: bad })) },
  'keys.renew': nothing,
  'closed.look': nothing,
  'closed.fetch': nothing,
  'closed.try-phrase': {
    right: [{ url: 'https://sync.example', secret }],
    wrong: badSecrets.map((bad) => ({ url: 'https://sync.example', secret: bad })),
  },
  'closed.erase': {
    right: [{ days: ['2025-03-01'], word: 'DELETE' }],
    wrong: [
      { days: [], word: 'DELETE' },
      { days: ['March'], word: 'DELETE' },
      { days: ['2025-03-01'], word: 'delete' },
      { days: new Array(1001).fill('2025-03-01'), word: 'DELETE' },
    ],
  },
  'sync.now': nothing,
  'sync.when': { right: [{ when: 'asked' }], wrong: [{ when: 'never' }] },
  'sync.deletions': nothing,
  'sync.held': {
    right: [{}, { before: 12 }, { after: 3 }, { before: 12, after: 3 }],
    wrong: [{ before: -1 }, { after: 1.5 }, { after: '3' }],
  },
  'sync.held-object': {
    right: [{ slot: 'A'.repeat(43) }],
    wrong: [{ slot: 'A'.repeat(42) }, { slot: '../x' }],
  },
  'sync.evidence': nothing,
  'sync.fingerprint': nothing,
  'archive.fetch-month': { right: [{ month: '2025-03' }], wrong: [{ month: '2025-3' }, { month: 'March' }] },
  'sync.leave': { right: [{ anyway: false, loseAway: false }] },
  'sync.delete-account': { right: [{ anyway: false, loseAway: false }] },
};
