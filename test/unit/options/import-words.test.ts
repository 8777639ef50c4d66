import { expect, it } from 'vitest';
import { countsSentence } from '../../../src/options/import-words.ts';

it('says of each visit what came of it, and of archived days not that they are here', () => {
  const counts = { added: 2, there: 1, leftOut: 3, elsewhere: 4 };
  expect(countsSentence('x.json', counts, 'by your rules')).toBe(
    'Imported 2 records from x.json. 1 was there already. 3 were left out by your rules. 4 were left out because the days are in an archive or at your sync service: fetch those days back instead.',
  );
  expect(countsSentence('x.json', { added: 1, there: 0, leftOut: 0 }, '')).toBe(
    'Imported 1 record from x.json.',
  );
});
