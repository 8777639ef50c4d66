/** Why the storage budget does not do what it was asked, and what to do. */
export const SYNC_ON =
  'While sync is on, no archive is saved: the oldest days leave for the sync service by themselves when your limit is reached.';
export const NOT_NEEDED = 'Less than 80 % of your limit is used, so nothing has to leave this browser.';
export const NOTHING =
  'There is nothing that can leave: what is here is of today, of pinned sites, or damaged. Raise the limit, unpin a site, or delete records.';
export const UNKNOWN =
  'This archive does not wait any more: another one was saved after it. Nothing was removed. Save an archive again.';
export const BUSY = 'An archive is being saved already. Wait until it is done.';
export const NO_ROOM =
  'There is no room for this archive. Raise the limit first, then choose the file again.';
export const NO_ROOM_AWAY = 'There is no room for these days. Raise the limit first, then fetch them back.';
