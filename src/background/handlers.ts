/**
 * What each message does. One line each where possible.
 *
 * Over 300 lines, because the whole privileged surface is to be read on one page.
 */
import { type Bytes, fromBase64Url } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Handlers } from '../messaging/router.ts';
import { locksLater } from '../model/auto-lock.ts';
import type { PauseState, Status } from '../model/recording.ts';
import { allTabs, injectContentScript } from '../platform/tabs.ts';
import { parseLock } from '../storage/lock.ts';
import { readHeld } from '../sync/held.ts';
import { readHeldObject } from '../sync/held-object.ts';
import { closedReport, eraseClosed, fetchClosed, tryPhrase } from './services/closed.ts';
import { countErased, eraseRecords } from './services/erase.ts';
import { healthReport } from './services/health-report.ts';
import { checkPhrase, confirmPhrase, renewKeys, showPhrase } from './services/keys.ts';
import { addPasskey, checkProof, type Proof, removeWay, setPassphrase } from './services/lock.ts';
import { currentPage } from './services/pages.ts';
import { correctable } from './services/rectify.ts';
import { removeRule, rulesAnswer, setRule, tryRule } from './services/rules.ts';
import { cancel, request, resume } from './services/run-requests.ts';
import { recordsOfPage, search } from './services/search.ts';
import { lossSeen } from './services/status.ts';
import { reductionFor } from './services/stored-count.ts';
import type { Recording, Services } from './services.ts';

/** Entries of the deletion log that are shown: about five for each deletion. */
const LOG_ENTRIES = 500;
const PAUSE_MS = { '15m': 15 * 60_000, '1h': 60 * 60_000 } as const;

interface ContentSender {
  readonly tab?: {
    readonly id?: number;
    readonly url?: string;
    readonly title?: string;
    readonly incognito: boolean;
    readonly lastAccessed?: number;
    readonly openerTabId?: number;
  };
  readonly url?: string;
  readonly documentId?: string;
  readonly frameId?: number;
}

/** The tab that a content script speaks for, as the browser tells it. `null` for frames. */
function tabOf(sender: ContentSender) {
  const { tab, url, frameId } = sender;
  if (tab?.id === undefined || url === undefined || (frameId ?? 0) !== 0) return null;
  return {
    tab: {
      id: tab.id,
      url: tab.url ?? url,
      title: tab.title ?? '',
      incognito: tab.incognito,
      lastAccessed: tab.lastAccessed ?? 0,
      ...(tab.openerTabId === undefined ? {} : { openerTabId: tab.openerTabId }),
    },
    url: addressOf(url, tab.url),
    documentId: sender.documentId,
  };
}

/** `url` is where the document began; a single-page app moved on from there, within its site. */
const addressOf = (url: string, tabUrl: string | undefined): string =>
  tabUrl !== undefined && URL.canParse(tabUrl) && new URL(tabUrl).origin === new URL(url).origin
    ? tabUrl
    : url;

/** Its parser knows that it is 16 bytes. */
const secretOf = (text: string): Bytes => fromBase64Url(text) ?? new Uint8Array(16);

/** How handlers get at the services. */
export interface Access {
  /** Resolves when the store is open. @throws LockedError while the profile is locked. */
  ready(): Promise<Services>;
  /** What records, also while the profile is locked. */
  recording(): Promise<Services | Recording>;
  status(): Promise<Status>;
  unlock(proof: Proof): Promise<Result<null>>;
  lock(): Promise<void>;
  startOver(): Promise<boolean>;
}

export function createHandlers(access: Access): Handlers {
  const ready = () => access.ready();
  const recording = () => access.recording();
  /** With nothing that waits to be deleted: for what brings records in, or takes them elsewhere. */
  const settled = async () => {
    const services = await ready();
    await services.erasures.settle();
    return services;
  };
  /** For who can unlock. @throws LockedError while it is locked. */
  const proven = async <T>(proof: Proof, task: () => Promise<Result<T>>): Promise<Result<T>> => {
    const checked = await checkProof((await ready()).profile, proof);
    return checked.ok ? task() : checked;
  };
  const status = async () => ok(await access.status());
  const health = async () => {
    const { profile, compaction } = await ready();
    return ok(await healthReport(profile, compaction));
  };
  const budget = async () => ok(await (await ready()).budget.report());
  const thenBudget = (result: Result<null>) => (result.ok ? budget() : result);
  const thenStatus = (result: Result<null>) => (result.ok ? status() : result);
  /** What unlocks was changed: in an account, a round takes another master key for it. */
  const relocked = async (change: (profile: Services['profile']) => Promise<Result<null>>) => {
    const { profile, sync } = await ready();
    const changed = await change(profile);
    if (changed.ok) sync.changed();
    return thenStatus(changed);
  };
  /** After what was agreed to has changed: it gets its date. */
  const agreed = async () => void (await (await ready()).consents.check());
  const thenAgreed = async <T>(result: T): Promise<T> => {
    await agreed();
    return result;
  };

  return {
    'event.page': async (page, sender) => {
      const from = tabOf(sender as ContentSender);
      if (from) {
        const { tab, url, documentId } = from;
        await (await recording()).recorder.pageAppeared(tab, url, { ...page, documentId });
      }
      return ok(null);
    },
    'event.click': async (click, sender) => {
      const from = tabOf(sender as ContentSender);
      if (from) await (await recording()).recorder.clicked(from.tab, from.url, click, from.documentId);
      return ok(null);
    },

    'status.get': status,
    'consent.set': async ({ accepted, persisted }) => {
      const { profile } = await ready();
      const first = accepted && profile.settings.consent !== 'accepted';
      await profile.change({
        consent: accepted ? 'accepted' : 'declined',
        consentAtMs: profile.clock.nowMs(),
        ...(persisted === undefined ? {} : { persisted }),
      });
      await agreed();
      // Pages that were open before the person agreed have no content script yet (Chromium never starts one there by itself).
      if (first)
        for (const tab of await allTabs())
          if (!tab.incognito && /^https?:/.test(tab.url)) await injectContentScript(tab.id);
      return status();
    },
    'level.set': async ({ level, stored = 'keep' }) => {
      const { profile, sync, ephemeral, storedRules, contexts } = await ready();
      await sync.settings.change(() => profile.change({ level }));
      // The level holds already: nobody waits for what the preferences say of it, and the minute says it again.
      void contexts
        .retentionSet()
        .catch((error: unknown) => console.error('the preferences do not say how long records stay', error));
      if (stored === 'erase' || stored === 'forget') {
        await ephemeral.erase(() => true);
        profile.changed();
      }
      const reduction = reductionFor(profile, { what: 'level', level, erase: stored === 'erase' });
      if ((stored === 'reduce' || stored === 'erase') && reduction) await storedRules.start(reduction);
      return status();
    },
    'pause.set': async ({ pause }) => {
      const { profile, dwell } = await recording();
      // Up to here it counts.
      await dwell.tick();
      const state: PauseState =
        pause === '15m' || pause === '1h'
          ? { kind: 'until', untilMs: profile.clock.nowMs() + PAUSE_MS[pause] }
          : { kind: pause };
      await profile.change({ pause: state });
      return status();
    },
    'pause.end': async () => {
      const { profile, dwell } = await recording();
      // Not for the time up to here.
      await dwell.tick();
      await profile.change({ pause: { kind: 'none' } });
      return status();
    },

    'loss.seen': async ({ message }) => {
      const { profile, erasures } = await ready();
      await lossSeen(profile, message);
      await erasures.leftOverSeen(message);
      profile.changed();
      return status();
    },

    'rules.list': async () => ok(rulesAnswer((await ready()).profile)),
    'rules.set': async (draft) => {
      const { profile, sync } = await ready();
      return sync.settings.change(() => setRule(profile, draft));
    },
    'rules.test': async ({ address, rule }) => tryRule((await ready()).profile, address, rule),
    'rules.remove': async ({ id }) => {
      const { profile, sync } = await ready();
      await sync.settings.change(() => removeRule(profile, id));
      return ok(rulesAnswer(profile));
    },

    'stored.count': async ({ scope }) => (await ready()).storedCount.count(scope),
    'stored.cancel': async () => {
      (await ready()).storedCount.cancel();
      return ok(null);
    },
    'stored.apply': async ({ scope }) => {
      const { profile, storedRules } = await ready();
      const reduction = reductionFor(profile, scope);
      if (!reduction) return fail('no-rule', 'That rule is not there any more.');
      await storedRules.start(reduction);
      return status();
    },

    'privacy.get': async () => ok(await (await ready()).consents.report()),
    'privacy.withdraw': async (what) => (await settled()).consents.withdraw(what),

    'sensitive.get': async () => ok((await (await ready()).profile.sensitive.totals()) ?? null),

    'page.current': async () => {
      const { profile, ephemeral } = await ready();
      return ok(await currentPage(profile, ephemeral));
    },
    'records.search': async (request) => {
      const { profile, ephemeral } = await ready();
      return ok(await search(profile, ephemeral, request));
    },
    'records.page': async (request) => {
      const { profile, ephemeral } = await ready();
      return ok(await recordsOfPage(profile, ephemeral, request));
    },
    'erase.count': async ({ target }) => countErased(await ready(), target),
    'erase.run': async ({ target }) => eraseRecords(await ready(), target),
    'erase.undo': async ({ id: undone }) => thenStatus(await (await ready()).erasures.undo(undone)),
    'erase.finish': async () => {
      await (await ready()).erasures.settle();
      return status();
    },
    'erase.log': async () => ok(await (await ready()).profile.store.deletions.read(LOG_ENTRIES)),

    'retention.get': async () => ok((await ready()).retention.report()),
    'retention.forecast': async ({ retention: wanted }) =>
      ok(await (await ready()).retention.forecast(wanted)),
    'retention.set': async ({ retention: wanted }) => {
      const { retention, contexts } = await ready();
      await retention.set(wanted);
      await contexts.retentionSet();
      return ok(retention.report());
    },
    'retention.clock': async () => {
      const { retention } = await ready();
      await retention.clockIsRight();
      return ok(retention.report());
    },

    'import.history': async () => thenStatus(await (await settled()).history.start()),
    'history.follow': async ({ on }) => thenStatus(await (await ready()).following.follow(on)),
    'history.cleared': async ({ erase }) => {
      await (await ready()).following.answer(erase);
      return status();
    },
    'requests.get': async () => ok(await (await ready()).requests.list()),
    'requests.delete': async ({ account, reason }) =>
      // Also while a deletion waits that cannot be carried out: everything is more.
      request(await ready(), { type: 'delete', account }, reason),
    'requests.rectify': async ({ correction, reason }) =>
      request(await settled(), { type: 'rectify', of: correction.what, correction }, reason),
    'requests.resume': async ({ id }) => resume(await settled(), id),
    'requests.cancel': async ({ id }) => cancel(await settled().catch(ready), id),
    'requests.clear': async () => {
      const { requests } = await ready();
      await requests.forget();
      return ok(await requests.list());
    },
    'rectify.find': async ({ url }) => ok(await correctable(await ready(), url)),
    'import.cancel': async () => {
      await (await ready()).history.cancel();
      return status();
    },

    'device.seen': async ({ theme, ...size }) => {
      await (await ready()).contexts.deviceSeen(size, theme);
      return ok(null);
    },
    'health.get': health,
    'caches.purge': async () => {
      await (await ready()).profile.context.purgeCaches();
      return health();
    },
    'compact.run': async () => {
      await (await ready()).compaction.run();
      return status();
    },
    'compact.cancel': async () => {
      await (await ready()).compaction.cancel();
      return status();
    },

    'budget.get': budget,
    'budget.set': async ({ limitBytes }) => thenBudget(await (await ready()).budget.setLimit(limitBytes)),
    'budget.pin': async ({ host }) => thenBudget(await (await ready()).budget.pin(host)),
    'budget.unpin': async ({ host }) => {
      await (await ready()).budget.unpin(host);
      return budget();
    },
    'budget.sites': async () => ok(await (await ready()).budget.sites()),
    'archive.confirm': async ({ id }) => {
      const left = await (await settled()).budget.confirm(id);
      return left.ok ? ok({ records: left.value }) : left;
    },
    'archive.discard': async ({ id }) => {
      await (await ready()).budget.discard(id);
      return budget();
    },

    'lock.parameters': async () => {
      const { lock: found } = (await recording()).profile.store.vault;
      return ok(found ? (parseLock(found).passphrase?.kdf ?? null) : null);
    },
    'lock.unlock': async ({ key, by }) => thenStatus(await access.unlock({ current: key, by })),
    'lock.check': async (proof) => checkProof((await ready()).profile, proof),
    'lock.now': async () => {
      await access.lock();
      return status();
    },
    'lock.set': async (wanted) => relocked((profile) => setPassphrase(profile, wanted)),
    'lock.remove': async (proof) => relocked((profile) => removeWay(profile, undefined, proof)),
    'lock.add-passkey': async (wanted) => relocked((profile) => addPasskey(profile, wanted)),
    'lock.remove-passkey': async ({ id, ...proof }) => relocked((profile) => removeWay(profile, id, proof)),
    'lock.start-over': async () =>
      (await access.startOver())
        ? status()
        : fail('unlocked', 'ARQ Context is not locked. Delete everything on the "Your data" page.'),
    'lock.auto': async ({ minutes, ...proof }) => {
      const { profile } = await ready();
      const change = () => profile.change({ autoLockMinutes: minutes }).then(status);
      // Who only finds it unlocked would lock it sooner: that takes nothing from anybody.
      return locksLater(minutes, profile.settings.autoLockMinutes) ? proven(proof, change) : change();
    },
    'plugins.get': async () => ok(await (await ready()).plugins.report()),
    'plugins.switch': async ({ on }) => ok(await thenAgreed(await (await ready()).plugins.switchTo(on))),
    'plugins.allow': async ({ current, by, ...wanted }) =>
      proven({ current, by }, async () => thenAgreed(await (await ready()).plugins.allow(wanted))),
    'plugins.refuse': async ({ id }) => ok(await (await ready()).plugins.refuse(id)),
    'plugins.withdraw': async ({ id }) => ok(await thenAgreed(await (await ready()).plugins.withdraw(id))),
    'plugins.clear-log': async () => ok(await (await ready()).plugins.clearLog()),

    'sync.create': async ({ url, deviceName, ...proof }) =>
      proven(proof, async () =>
        thenStatus(await thenAgreed(await (await settled()).sync.create(url, deviceName))),
      ),
    'sync.invite': async (proof) => proven(proof, async () => (await ready()).sync.invite()),
    'sync.join': async ({ code, deviceName, ...proof }) =>
      proven(proof, async () =>
        thenStatus(await thenAgreed(await (await settled()).sync.join(code, deviceName, 'always'))),
      ),
    'sync.restore': async ({ url, secret, deviceName, ...proof }) =>
      proven(proof, async () =>
        thenStatus(
          await thenAgreed(await (await settled()).sync.restore(url, secretOf(secret), deviceName, 'always')),
        ),
      ),
    'sync.preview': async () => ok((await ready()).sync.preview()),
    'sync.agree': async ({ of }) => thenStatus(await (await settled()).sync.agree(of)),
    'sync.conflicts': async () => ok(await (await ready()).sync.settings.conflicts()),
    'sync.resolve': async (choice) => {
      const { settings } = (await ready()).sync;
      const done = await settings.resolve(choice);
      return done.ok ? ok(await settings.conflicts()) : done;
    },
    'sync.remove-device': async ({ id }) => thenStatus(await (await ready()).sync.rotate(id)),
    'sync.know-devices': async () => {
      await (await ready()).sync.devices.knowAll();
      return status();
    },
    'phrase.show': async (proof) => showPhrase((await ready()).profile, proof),
    'phrase.confirm': async ({ secret }) => thenStatus(await confirmPhrase((await ready()).profile, secret)),
    'phrase.check': async ({ secret }) => checkPhrase((await ready()).sync, secret),
    'keys.renew': async () => {
      const { profile, sync } = await ready();
      return thenStatus(await renewKeys(profile, sync));
    },
    'closed.look': async () => ok(await closedReport(await ready())),
    'closed.fetch': async () => fetchClosed(await ready()),
    'closed.try-phrase': async ({ url, secret }) => tryPhrase(await ready(), url, secretOf(secret)),
    'closed.erase': async ({ days }) => eraseClosed(await ready(), days),
    'sync.now': async () => {
      await (await ready()).sync.run();
      return status();
    },
    'sync.when': async ({ when }) => {
      await (await ready()).sync.when(when);
      return status();
    },
    'sync.deletions': async () => ok(await (await ready()).sync.deletions()),
    'sync.held': async (span) => (await ready()).sync.looking((session) => readHeld(session, span)),
    'sync.held-object': async ({ slot }) =>
      (await ready()).sync.looking((session) => readHeldObject(session, slot)),
    'sync.fingerprint': async () => ok(await (await ready()).sync.fingerprint()),
    'sync.evidence': async () => ok(`${JSON.stringify(await (await ready()).sync.evidence(), null, 2)}\n`),
    'archive.fetch-month': async ({ month }) => thenBudget(await (await settled()).budget.fetchMonth(month)),
    'sync.leave': async ({ anyway, loseAway }) =>
      thenStatus(await thenAgreed(await (await settled()).sync.end('leave', anyway, loseAway))),
    'sync.delete-account': async ({ anyway, loseAway }) =>
      thenStatus(await thenAgreed(await (await settled()).sync.end('delete', anyway, loseAway))),
  };
}
