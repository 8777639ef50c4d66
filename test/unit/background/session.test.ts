// First: the extension's API has to be there before anything of `src` is loaded.
import '../../support/fake-browser.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fake } from '../../support/fake-browser.ts';
import { Worker } from '../../support/worker.ts';

let worker: Worker;
beforeEach(async () => {
  worker = await Worker.start();
});
afterEach(() => worker.end());

it('"until restart" ends with the browser, whatever event the browser sends', async () => {
  await worker.set({ pause: { kind: 'restart' } });
  await worker.restart();
  expect(worker.services.profile.settings.pause).toEqual({ kind: 'restart' });
  await worker.restartBrowser();
  expect(worker.services.profile.settings.pause).toEqual({ kind: 'none' });
});

it('other pauses go on', async () => {
  await worker.set({ pause: { kind: 'resumed' } });
  await worker.restartBrowser();
  expect(worker.services.profile.settings.pause).toEqual({ kind: 'resumed' });
});

it('an update of the extension, which empties its memory too, does not end the pause', async () => {
  await worker.set({ pause: { kind: 'restart' } });
  fake.version = '1.1';
  await worker.restartBrowser();
  expect(worker.services.profile.settings.pause).toEqual({ kind: 'restart' });
  await worker.restartBrowser();
  expect(worker.services.profile.settings.pause).toEqual({ kind: 'none' });
});

it('tabs of the session before are forgotten', async () => {
  await worker.visit(7, 'https://a.example/');
  await worker.restart();
  expect(await worker.store.tab(7)).toBeDefined();
  await worker.restartBrowser();
  expect(await worker.store.tab(7)).toBeUndefined();
});
