/** What a view keeps to show at once the next time. */
import { expect, it } from 'vitest';
import type { Status } from '../../../src/model/recording.ts';
import { lastStatusOf, parseLastStatus } from '../../../src/ui/last-status.ts';

const status: Status = {
  consent: 'accepted',
  level: 'anonymous',
  pause: { kind: 'until', untilMs: 2_000 },
  health: { code: 'paused', message: 'Paused: nothing is recorded.' },
  sync: {
    phase: 'error',
    message: 'https://sync.family.example does not answer.',
    serviceUrl: 'https://sync.family.example',
    devices: [{ id: 'a', name: 'Laptop of Ann', thisDevice: true, addedMs: 1 }],
  },
  recordCount: 7,
  ephemeralCount: 0,
  droppedMessages: 3,
};

it('neither the service nor a device is named in it', () => {
  expect(JSON.stringify(lastStatusOf(status))).not.toMatch(/family|Laptop/);
});

it('nor a device or a day by a sentence, and what is in memory only leaves no trace in it', () => {
  const message = 'Somebody used your recovery phrase: “Laptop of Ann” is a new device in your account.';
  const kept = lastStatusOf({ ...status, ephemeralCount: 5, health: { code: 'new-device', message } });
  expect(kept).toMatchObject({ ephemeralCount: 0, health: { code: 'new-device', message: '' } });
});

it('comes back as it was kept', () => {
  const kept = lastStatusOf(status);
  expect(parseLastStatus(JSON.parse(JSON.stringify(kept)), 1_000)).toEqual(kept);
});

it('is not used when its pause is over', () => {
  expect(parseLastStatus(lastStatusOf(status), 3_000)).toBeUndefined();
});

it.each([
  null,
  7,
  'text',
  [],
  {},
  { ...lastStatusOf(status), level: 'secret' },
  { ...lastStatusOf(status), health: { code: 'fine', message: '' } },
  { ...lastStatusOf(status), pause: { kind: 'until' } },
  { ...lastStatusOf(status), recordCount: '7' },
])('is not used when it is no status: %j', (value) => {
  expect(parseLastStatus(value, 1_000)).toBeUndefined();
});
