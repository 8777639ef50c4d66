/** What an export of everything may have in it. Whatever else is in a file is not ours. */
const DATA = [
  'interactions.json',
  'profile.json',
  'preferences.json',
  'settings.json',
  'contexts.json',
  'deletions.json',
  'service.json',
] as const;

export const RECORDS_FILE = 'interactions.json';

const NAMES: ReadonlySet<string> = new Set([
  'README.txt',
  'interactions.csv',
  ...DATA,
  ...DATA.map((name) => `schema/${name.replace('.json', '.schema.json')}`),
]);
export const MAX_ENTRIES = NAMES.size;

/** Whether these are names of one export: each at most once, and with the records among them. */
export const areOurNames = (names: readonly string[]): boolean =>
  new Set(names).size === names.length &&
  names.every((name) => NAMES.has(name)) &&
  names.includes(RECORDS_FILE);
