/** What the page says of the storage budget, in words. */
import type { ArchivedMonth, BudgetReport } from '../model/budget.ts';
import { count } from '../ui/format.ts';
import { shareText, sizeText } from '../ui/quantities.ts';

export const usedText = ({ usedBytes, limitBytes }: BudgetReport): string =>
  `${sizeText(usedBytes)} of ${sizeText(limitBytes)} used (${shareText(usedBytes / limitBytes)}).`;

/** As `parseBudget` reads it. */
export function limitText(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? (['GB', 1e9] as const) : (['MB', 1e6] as const);
  return `${Number((bytes / size).toFixed(3))} ${unit}`;
}

export const siteText = (bytes: number): string => `about ${sizeText(Math.round(bytes))}`;

/** What is about to happen, and what the person can do; empty while there is room. */
export function budgetNotice({ phase, syncing, canArchive, refused }: BudgetReport): string {
  const missed =
    refused > 0 ? ` ${count(refused, 'record was', 'records were')} not kept for want of room.` : '';
  const file = canArchive
    ? 'Save an archive below, or raise the budget.'
    : 'There is nothing that could be archived: raise the budget, take sites off the list, or delete records.';
  switch (phase) {
    case 'ok':
      return missed.trim();
    case 'near':
      return syncing
        ? `When the budget is used up, the oldest days stay at the sync service only.${missed}`
        : `The budget is nearly used up. ${file}${missed}`;
    case 'over':
      return syncing
        ? `The budget is used up: the oldest days leave this computer as soon as the sync service has them.${missed}`
        : `The budget is used up. Recording goes on for a while, up to a tenth more. ${file}${missed}`;
    case 'full':
      return syncing
        ? `Nothing is recorded: the budget is used up, and no day could leave. Raise it, take sites off the list, or sync so that everything is sent.${missed}`
        : `Nothing is recorded: the budget is used up. ${file}${missed}`;
  }
}

const WHERE = { file: 'in a file', service: 'at the sync service' } as const;

/** "28 days, 812 records, in a file". */
export const monthText = ({ days, records, where }: ArchivedMonth): string =>
  `${count(days, 'day', 'days')}, ${count(records, 'record', 'records')}, ${WHERE[where]}`;
