import browser from 'webextension-polyfill';

/** Wakes the worker. Alarms may vanish with an update, so they are made again at every start. */
export async function ensureAlarm(name: string, periodMinutes: number): Promise<void> {
  const existing = await browser.alarms.get(name);
  if (existing?.periodInMinutes !== periodMinutes)
    await browser.alarms.create(name, { periodInMinutes: periodMinutes });
}

export const alarmAt = async (name: string, whenMs: number): Promise<void> =>
  void (await browser.alarms.create(name, { when: whenMs }));
export const clearAlarm = async (name: string): Promise<void> => void (await browser.alarms.clear(name));

/** The handler's promise holds the worker. */
export const onAlarm = (handler: (name: string) => Promise<void>): void =>
  browser.alarms.onAlarm.addListener((alarm) => handler(alarm.name));
