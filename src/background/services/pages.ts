/** The page in front, for the popup. */
import { cleanAddress } from '../../capture/address.ts';
import { captureAddress } from '../../capture/capture.ts';
import { treatmentOf } from '../../capture/decide.ts';
import type { CurrentPage } from '../../messaging/answers.ts';
import { hostOf } from '../../model/page.ts';
import { currentWebTab } from '../../platform/tabs.ts';
import type { Ephemeral } from './ephemeral.ts';
import type { Profile } from './profile.ts';
import { recordsOfPage } from './search.ts';

const SHOWN = 20;

export async function currentPage(profile: Profile, ephemeral: Ephemeral): Promise<CurrentPage> {
  const tab = await currentWebTab();
  if (!tab || !/^https?:/.test(tab.url)) return { records: [] };
  const host = hostOf(tab.url);
  const address = cleanAddress(tab.url);
  if (address === null) return { records: [] };
  const { capture, skippedBy, rules } = treatmentOf(address, profile.settings);
  const kept = captureAddress(tab.url, profile.settings);
  return {
    url: tab.url,
    host,
    title: tab.title,
    capture,
    ...(rules[0] === undefined ? {} : { rule: rules[0] }),
    ...(skippedBy === undefined ? {} : { skippedBy }),
    records:
      kept === null ? [] : (await recordsOfPage(profile, ephemeral, { url: kept, limit: SHOWN })).records,
  };
}
