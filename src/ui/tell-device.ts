/** Tells the background what it cannot see by itself: how large the screen is, and which appearance was chosen. */
import { ask } from '../messaging/client.ts';
import { currentTheme } from './theme.ts';

/** What comes of it nobody waits for: the next page tells it again. */
export function tellDevice(): void {
  const { width, height } = screen;
  // A browser that hides the screen says 0.
  if (width > 0 && height > 0) void ask('device.seen', { width, height, theme: currentTheme() });
}

let told = false;

/** Once in the life of a page, as soon as it may be kept. */
export function tellDeviceOnce(consent: string): void {
  if (told || consent !== 'accepted') return;
  told = true;
  tellDevice();
}
