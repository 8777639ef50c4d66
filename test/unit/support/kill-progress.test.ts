import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentsOf, progressOf } from '../../support/kill-points/progress.ts';
import { aimsAt, textOf } from '../../support/kill-points/scenario.ts';
import { newTemporaryFolder, removeFolder } from '../../support/profile-folder.ts';

let folder: string;
beforeEach(() => {
  folder = newTemporaryFolder('progress');
});
afterEach(() => removeFolder(folder));

const begun = (build: string) => {
  const progress = progressOf('firefox-lock', { build, browser: 'Firefox 1', folder });
  progress.begin({ points: 2, aims: 4 });
  return progress;
};

test('a campaign goes on where it was stopped, and knows where nothing was killed', () => {
  const first = begun('one');
  first.add('before 1 behind set', { point: 1, outcome: 'killed', ms: 5 });
  first.add('during 2 behind set', { outcome: 'had no point', ms: 5 });
  first.fail('before 2 behind set', new Error('ended', { cause: new Error('why') }));
  const second = begun('one');
  const tried = ['before 1 behind set', 'during 2 behind set', 'before 2 behind set'];
  expect(tried.map((aim) => second.killedAt(aim))).toEqual([true, false, undefined]);
  expect(second.summary()).toBe('firefox-lock: 2 of 4, 1 killed, at 1 of 2 points, 1 failed once');
  const { failures } = JSON.parse(readFileSync(join(folder, 'firefox-lock.json'), 'utf8'));
  expect(failures).toEqual([{ aim: 'before 2 behind set', why: 'ended: why' }]);
});

test('what was found of another build counts for nothing', () => {
  begun('one').add('before 1 behind set', { point: 1, outcome: 'killed', ms: 5 });
  expect(begun('two').killedAt('before 1 behind set')).toBeUndefined();
});

test('a build is known by the names and the contents of all its files', () => {
  mkdirSync(join(folder, 'assets'));
  const file = join(folder, 'assets', 'a.js');
  writeFileSync(file, '1');
  const first = contentsOf(folder);
  expect(contentsOf(folder)).toBe(first);
  writeFileSync(file, '2');
  const second = contentsOf(folder);
  renameSync(file, join(folder, 'b.js'));
  expect(new Set([first, second, contentsOf(folder)]).size).toBe(3);
});

test('aims are everywhere, one half of that, one of them, or one of each step', () => {
  const point = (step: string) => ({ step, name: '', wrote: [] });
  const report = { killed: false, points: [point('set'), point('set'), point('lock')] };
  const aims = (wish: string) => aimsAt(report, { wish, random: () => 0 }).map(textOf);
  const before = ['before 1 behind set', 'before 2 behind set', 'before 1 behind lock'];
  expect(aims('before')).toEqual(before);
  expect(aims('during')).toEqual(before.map((aim) => aim.replace('before', 'during')));
  expect(aims('all').sort()).toEqual([...aims('before'), ...aims('during')].sort());
  expect(aims('during 2 behind set')).toEqual(['during 2 behind set']);
  expect(aims('')).toHaveLength(2);
});
