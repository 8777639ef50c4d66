/** What the list of deletions says. */
import type { Deletion } from '../model/deletion.ts';
import { exactTime } from '../ui/format.ts';

/** Sites and addresses travel as keyed hashes, so nobody can say which it was. */
const ONE: Readonly<Record<Deletion['what'], string>> = {
  record: 'A record',
  page: 'A page',
  site: 'A site',
  range: 'A span of time',
  all: 'Everything',
};
const MANY: Readonly<Record<Deletion['what'], string>> = {
  record: 'records',
  page: 'pages',
  site: 'sites',
  range: 'spans of time',
  all: 'times everything',
};

export const deletionText = ({ what, count }: Deletion): string =>
  count === 1 ? ONE[what] : `${count.toLocaleString()} ${MANY[what]}`;

export const receiptText = ({ name, thisDevice, erasedMs }: Deletion['devices'][number]): string =>
  `${thisDevice ? `${name} (this one)` : name}: ${erasedMs === undefined ? 'pending' : `erased ${exactTime(erasedMs)}`}`;

export const pendingOf = (deletions: readonly Deletion[]): number =>
  deletions.filter(({ devices }) => devices.some(({ erasedMs }) => erasedMs === undefined)).length;
