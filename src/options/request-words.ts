/** Requests in words. */
import type { DataAccessRequest, ExportKind } from '../model/data-request.ts';
import { count, exactTime } from '../ui/format.ts';

const EXPORTS: Readonly<Record<ExportKind, string>> = {
  full: 'Complete export',
  encrypted: 'Encrypted export',
  anonymised: 'Anonymised export',
  json: 'Export as JSON',
  csv: 'Export as CSV',
};
const CORRECTIONS = {
  title: 'Correction of a title',
  query: 'Correction of a search',
  language: 'Correction of the language',
  timezone: 'Correction of the time zone',
} as const;

export function requestWords({ detail }: DataAccessRequest): string {
  switch (detail.type) {
    case 'export':
      return EXPORTS[detail.kind];
    case 'delete':
      return detail.account ? 'Deletion of everything, and of the account' : 'Deletion of everything';
    case 'rectify':
      return CORRECTIONS[detail.of];
  }
}

const STATUSES = {
  running: 'Under way',
  interrupted: 'Interrupted: the browser stopped it half-way',
  failed: 'Not complete',
  completed: 'Completed',
  cancelled: 'Cancelled',
} as const;

export function statusWords({ status, completionDate }: DataAccessRequest): string {
  return completionDate === undefined
    ? STATUSES[status]
    : `${STATUSES[status]} ${exactTime(Date.parse(completionDate))}`;
}

const DONE = { export: 'exported', delete: 'deleted', rectify: 'corrected' } as const;

/** What was done, as counts, and what the person should know. */
export function outcomeWords({ affectedRecords, requestType, message, detail }: DataAccessRequest): string {
  const isOfProfile = detail.type === 'rectify' && (detail.of === 'language' || detail.of === 'timezone');
  const done =
    affectedRecords === undefined || isOfProfile
      ? []
      : [`${count(affectedRecords, 'record', 'records')} ${DONE[requestType]}.`];
  return [...done, ...(message === undefined ? [] : [message])].join(' ');
}
