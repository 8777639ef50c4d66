import { expect, test } from 'vitest';
import { waitFor, within } from '../../support/wait-for.ts';

test('returns the first truthy answer; a throw counts as not yet', async () => {
  let tries = 0;
  const probe = () => {
    tries += 1;
    if (tries === 1) throw new Error('not yet');
    return tries >= 3 ? `after ${tries}` : '';
  };
  expect(await waitFor('three tries', probe, { everyMs: 1 })).toBe('after 3');
});

test('says what it waited for and what it saw last', async () => {
  const waiting = waitFor('the sea', () => 0, { timeoutMs: 20, everyMs: 5 });
  await expect(waiting).rejects.toThrow('Waited 0.0 s for the sea. Last: 0');
});

test('a promise that is late is an error with the sentence', async () => {
  await expect(within(10, 'Nobody came', new Promise(() => {}))).rejects.toThrow('Nobody came');
  expect(await within(1_000, 'Nobody came', Promise.resolve(1))).toBe(1);
});
