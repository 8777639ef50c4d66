/**
 * What another extension may see of a record. The stricter of what was in force when it was recorded and of what is in force
 * for its site now decides: a site that was made private, reduced or skipped since is so for its old records too. Pure.
 */
import { HOUR_MS } from '../base/clock.ts';
import type { InteractionRecord } from '../model/interaction.ts';
import { hostOf } from '../model/page.ts';
import type { PluginField } from '../model/plugins.ts';
import type { PublicItem } from '../model/public-item.ts';
import { originOnly } from './address.ts';
import { captureAddress, captureTitle, keptNow } from './capture.ts';
import type { Policy } from './decide.ts';
import { searchOf, searchOfHost } from './search-engines.ts';
import { categoryOf } from './site-category.ts';

type PublicRecord = Extract<InteractionRecord, { kind: 'visit' | 'search' }>;

/** A visit or a search of level `public` whose site is public now. Clicks are nobody's business. */
export function isPublic(record: InteractionRecord, policy: Policy): record is PublicRecord {
  if (record.kind !== 'visit' && record.kind !== 'search') return false;
  if (record.level !== 'public') return false;
  const { capture, level } = keptNow(record.url, policy);
  if (level !== 'public' || capture === 'skip') return false;
  return record.kind === 'visit' || capture === 'full';
}

export const fullHour = (atMs: number): number => Math.floor(atMs / HOUR_MS) * HOUR_MS;

/** `null` when nothing of it may be seen, or none of the fields is there. */
export function publicView(
  record: InteractionRecord,
  fields: ReadonlySet<PluginField>,
  policy: Policy,
): PublicItem | null {
  if (!isPublic(record, policy)) return null;
  const hostname = hostOf(record.url);
  // A page of results has the words in its address and in its title: they are the search, whatever they are called.
  const tellsSearch = searchOf(record.url) !== null || searchOfHost(hostname);
  const hidden = tellsSearch && !fields.has('searchQuery');
  const address = captureAddress(record.url, policy);
  const url = address !== null && hidden ? originOnly(address) : address;
  const title = record.kind === 'search' || hidden ? null : captureTitle(record.url, record.title, policy);
  const item: PublicItem = {
    ...(fields.has('host') ? { host: hostname } : {}),
    ...(fields.has('category') ? { category: categoryOf(hostname) } : {}),
    ...(fields.has('url') && url !== null ? { url } : {}),
    ...(fields.has('title') && title ? { title } : {}),
    ...(fields.has('searchQuery') && record.kind === 'search' ? { searchQuery: record.query } : {}),
    ...(fields.has('hour') ? { hour: fullHour(record.atMs) } : {}),
  };
  return Object.keys(item).length === 0 ? null : item;
}
