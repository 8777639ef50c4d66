import { expect, it } from 'vitest';
import { exportWriter } from '../../../src/lifecycle/export-format.ts';
import { csvCell } from '../../../src/lifecycle/spreadsheet.ts';
import type { InteractionRecord } from '../../../src/model/interaction.ts';

const visit = (title: string): InteractionRecord => ({
  kind: 'visit',
  id: 'd.i.1',
  atMs: 0,
  level: 'private',
  url: 'https://a.example/',
  title,
  transition: 'link',
  dwellMs: 3,
});
const all = (format: 'json' | 'csv', batches: InteractionRecord[][]) => {
  const writer = exportWriter(format);
  return writer.start(new Date(0)) + batches.map((batch) => writer.records(batch)).join('') + writer.end();
};

it('JSON of any number of batches parses, with times as ISO 8601 and nothing that ends a script', () => {
  expect(JSON.parse(all('json', []))).toMatchObject({ interactions: [] });
  const text = all('json', [[visit('one')], [], [visit('</script>\u2028'), visit('three')]]);
  expect(text).not.toContain('</script>');
  const parsed = JSON.parse(text);
  expect(parsed.interactions.map((record: { title: string }) => record.title)).toEqual([
    'one',
    '</script>\u2028',
    'three',
  ]);
  expect(parsed.interactions[0]).toMatchObject({ at: '1970-01-01T00:00:00.000Z', dwellMs: 3 });
});

it.each([
  ['plain', 'plain'],
  ['=SUM(A1)', `"'=SUM(A1)"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@cmd', `"'@cmd"`],
  ['\tx', `"'\tx"`],
  ['\r=1', `"'\r'=1"`],
  ['\nx', `"'\nx"`],
  ['\n=1', `"'\n'=1"`],
  [' =1', `"' =1"`],
  ['＝1', `"'＝1"`],
  ['＋1', `"'＋1"`],
  ['－1', `"'－1"`],
  ['＠a', `"'＠a"`],
  ['1=1', '1=1'],
  ['Sale;=WEBSERVICE(A1);x', `"Sale;'=WEBSERVICE(A1);x"`],
  ['a; "=1', `"a;' ""=1"`],
  ['a|-1', `"a|'-1"`],
  ['a\t@b', `"a\t'@b"`],
  ['two\n=1', `"two\n'=1"`],
  ['a; b', 'a; b'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['half a pair \uD83D.', 'half a pair \uFFFD.'],
  ['\uDC00=1', '\uFFFD=1'],
  ['a\u0000b', 'a\uFFFDb'],
  ['\u0000=1', '\uFFFD=1'],
  ['\u001b[31m', '\uFFFD[31m'],
  ['🦊', '🦊'],
  [undefined, ''],
  [null, ''],
  [true, 'true'],
  [-5, '-5'],
])('CSV writes %j as %s', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});

it('CSV has one row a record under its header', () => {
  const lines = all('csv', [[visit('one')], [visit('two')]])
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]?.replace('\uFEFF', '').split(',')).toContain('dwellMs');
});
