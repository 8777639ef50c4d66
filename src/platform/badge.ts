import browser from 'webextension-polyfill';

/** A mark on the toolbar button: `!` when recording is in trouble, `II` while paused, nothing otherwise. */
export async function showBadge(text: string, title: string): Promise<void> {
  await browser.action.setBadgeText({ text });
  await browser.action.setTitle({ title });
}
