import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SERVICE_ERRORS } from '../../src/protocol/errors.ts';
import { createApp } from '../src/app.ts';
import { HELP } from '../src/settings.ts';
import { inProcess } from './support/in-process.ts';
import { nameOf, SIGNED_ROUTES } from './support/routes.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = [...readme.matchAll(/^\| ([A-Z]+) \| `(\/v1\/[^`]+)` \| ([a-z ]+) \|/gm)].map(
  ([, method, path, who]) => ({ route: `${method} ${path}`, who: who ?? '' }),
);
/** Middleware is registered for every path and no method in particular. */
const routes = createApp(inProcess().deps)
  .routes.filter(({ method }) => method !== 'ALL')
  .map(({ method, path }) => `${method} ${path}`);

test('README.md lists exactly the routes that there are, each once', () => {
  expect(rows.map(({ route }) => route).toSorted()).toEqual(routes.toSorted());
  expect(routes.length).toBe(22);
});

test('the routes that it calls signed are the ones that are tested as such', () => {
  const patternOf = (name: string) =>
    name
      .replace(/\?.*$/, '')
      .replace(/\/o\/[^/]+/, '/o/:slot')
      .replace(/\/pair\/[^/]+/, '/pair/:channel');
  const signed = rows.filter(({ who }) => who.startsWith('device')).map(({ route }) => route);
  expect(signed.toSorted()).toEqual(SIGNED_ROUTES.map((route) => patternOf(nameOf(route))).toSorted());
});

test('it names every setting and no code that there is not', () => {
  const settings = (text: string) => new Set(text.match(/ARQ_[A-Z_]+/g));
  expect(settings(readme)).toEqual(settings(HELP));
  const codes = new Set(
    readme.match(/\b(?:[A-Z]{3,}_[A-Z]+|EXISTS|CONFLICT|REPLAYED|UNSIGNED|UNAVAILABLE)\b/g),
  );
  for (const code of codes) if (!code.startsWith('ARQ_')) expect(Object.keys(SERVICE_ERRORS)).toContain(code);
});
