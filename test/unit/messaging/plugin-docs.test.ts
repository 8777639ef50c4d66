/** docs/plugin-api.md and the sample say what the code does. */
// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { categoryOf } from '../../../src/capture/site-category.ts';
import { EXTERNAL_ERRORS, EXTERNAL_SIZE, MAX_ITEMS, parseExternal } from '../../../src/messaging/external.ts';
import { PLUGIN_FIELDS, PLUGIN_LIMITS, PLUGIN_QUERIES } from '../../../src/model/plugins.ts';
import { chromiumExtensionId } from '../../support/extension-id.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
const doc = read('docs/plugin-api.md');
const manifest = JSON.parse(read('manifest.json'));
const rowsOf = (table: RegExp) => [...doc.matchAll(table)].map(([, name]) => name);

it('names every field, every query and every refusal, and no other', () => {
  const table = (heading: string) => doc.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const names = (text: string, row: RegExp) => [...text.matchAll(row)].map(([, name]) => name);
  expect(names(table('Fields'), /^\| `(\w+)` \|/gm)).toEqual([...PLUGIN_FIELDS]);
  expect(names(table('Asking'), /^\| `\{ kind: '(\w+)'/gm)).toEqual([...PLUGIN_QUERIES]);
  expect(names(table('Refusals'), /^\| `([a-z-]+)` \|/gm)).toEqual(Object.keys(EXTERNAL_ERRORS));
  expect(rowsOf(/`limit`: 1 to (\d+)/g)).toEqual([String(MAX_ITEMS)]);
  expect(doc).toContain(`at most ${EXTERNAL_SIZE} characters`);
  expect(doc).toContain(`\`name\` (${PLUGIN_LIMITS.name} characters at most)`);
  expect(categoryOf('en.wikipedia.org')).toBe('reference');
});

it('and the sample send to our ids', () => {
  const ids = [chromiumExtensionId(manifest.key), manifest.browser_specific_settings.gecko.id];
  for (const id of ids) {
    expect(doc).toContain(`\`${id}\``);
    expect(read('docs/sample-extension/arq.js')).toContain(`'${id}'`);
  }
});

it('the example of a request is one', () => {
  const example = /\{ arq: 1, request: (\{.*\}) \}/.exec(doc)?.[1] ?? '';
  const request = JSON.parse(example.replace(/(\w+):/g, '"$1":').replaceAll("'", '"'));
  expect(parseExternal({ arq: 1, request })).toMatchObject({ request });
});
