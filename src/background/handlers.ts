/** What each message does. One line each where possible: the whole privileged surface can be read here. */
import { fail, ok, type Result } from '../base/result.ts';
import type { Handlers } from '../messaging/router.ts';
import type { PauseState, Status } from '../model/recording.ts';
import { isTargeted } from '../model/selector.ts';
import { allTabs, injectContentScript } from '../platform/tabs.ts';
import { currentPage } from './services/pages.ts';
import { removeRule, rulesAnswer, setRule } from './services/rules.ts';
import { daysOf, search, targetOf } from './services/search.ts';
import type { Services } from './services.ts';

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

/** `ready` resolves when the store is open; every handler waits for it. */
export function createHandlers(ready: () => Promise<Services>, statusNow: () => Promise<Status>): Handlers {
  const status = async () => ok(await statusNow());
  const thenStatus = (result: Result<null>) => (result.ok ? status() : result);

  return {
    'event.page': async (page, sender) => {
      const from = tabOf(sender as ContentSender);
      if (from) {
        const { tab, url, documentId } = from;
        await (await ready()).recorder.pageAppeared(tab, url, { ...page, documentId });
      }
      return ok(null);
    },
    'event.click': async (click, sender) => {
      const from = tabOf(sender as ContentSender);
      if (from) await (await ready()).recorder.clicked(from.tab, from.url, click, from.documentId);
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
      // Pages that were open before the person agreed have no content script yet (Chromium never starts one there by itself).
      if (first)
        for (const tab of await allTabs())
          if (!tab.incognito && /^https?:/.test(tab.url)) await injectContentScript(tab.id);
      return status();
    },
    'level.set': async ({ level }) => {
      const { profile, sync } = await ready();
      await profile.change({ level });
      await sync.settingsChanged();
      return status();
    },
    'pause.set': async ({ pause }) => {
      const { profile, dwell } = await ready();
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
      const { profile, dwell } = await ready();
      // Not for the time up to here.
      await dwell.tick();
      await profile.change({ pause: { kind: 'none' } });
      return status();
    },

    'loss.seen': async () => {
      const { profile } = await ready();
      await profile.store.lossSeen();
      profile.changed();
      return status();
    },

    'rules.list': async () => ok(rulesAnswer((await ready()).profile)),
    'rules.set': async ({ host, capture, level }) => {
      const { profile, sync } = await ready();
      if (!(await setRule(profile, host, capture, level)))
        return fail('bad-host', 'That is not the name of a site. Type it like example.org.');
      await sync.settingsChanged();
      return ok(rulesAnswer(profile));
    },
    'rules.remove': async ({ id }) => {
      const { profile, sync } = await ready();
      await removeRule(profile, id);
      await sync.settingsChanged();
      return ok(rulesAnswer(profile));
    },

    'page.current': async () => {
      const { profile, ephemeral } = await ready();
      return ok(await currentPage(profile, ephemeral));
    },
    'records.search': async (request) => {
      const { profile, ephemeral } = await ready();
      return ok(await search(profile, ephemeral, request));
    },
    'erase.count': async ({ target: question }) => {
      const { profile, ephemeral } = await ready();
      const target = await targetOf(profile, ephemeral, question);
      const inMemory = (await ephemeral.records()).filter((record) => isTargeted(record, target)).length;
      const stored = await profile.store.countTargeted(
        (record) => isTargeted(record, target),
        await daysOf(profile, target),
      );
      return ok({ count: inMemory + stored, target });
    },
    'erase.run': async ({ target }) => {
      const { profile, ephemeral, recorder, sync, history } = await ready();
      await history.erasing(target.what === 'all');
      const targeted = (record: Parameters<typeof isTargeted>[0]) => isTargeted(record, target);
      const inMemory = await ephemeral.erase(targeted);
      await sync.erasing(target);
      const stored = await profile.storing(async () =>
        profile.store.erase(targeted, target.what === 'all', await daysOf(profile, target)),
      );
      await recorder.erased();
      profile.changed();
      return ok({ count: inMemory + stored });
    },

    'import.history': async () => thenStatus(await (await ready()).history.start()),
    'import.cancel': async () => {
      await (await ready()).history.cancel();
      return status();
    },

    'sync.create': async ({ url, deviceName }) =>
      thenStatus(await (await ready()).sync.create(url, deviceName)),
    'sync.invite': async () => (await ready()).sync.invite(),
    'sync.join': async ({ code, deviceName }) =>
      thenStatus(await (await ready()).sync.join(code, deviceName)),
    'sync.now': async () => {
      await (await ready()).sync.run();
      return status();
    },
    'sync.leave': async ({ anyway }) => thenStatus(await (await ready()).sync.end('leave', anyway)),
    'sync.delete-account': async () => thenStatus(await (await ready()).sync.end('delete')),
  };
}
