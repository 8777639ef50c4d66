/** `npm start` with a screen: a browser with the extension, and the service beside it, until either is closed. */
import { launchBrowser } from '../test/support/browser.ts';
import type { BrowserName } from './browsers.mjs';
import type { Cleanup } from './cleanup.ts';
import { ONBOARDING_PAGE } from './extension-pages.ts';
import { startLocalService } from './local-service.ts';

/** Resolves when the person closed the browser. */
export async function runSession(name: BrowserName, extensionDir: string, cleanup: Cleanup): Promise<void> {
  const service = await startLocalService(cleanup);
  const browser = await launchBrowser(name, { extensionDir, headless: false, loopbackHosts: 'nothing' });
  cleanup.add(() => browser.close());
  const consent = await browser.waitForPage(ONBOARDING_PAGE);
  await consent.activate();
  console.log(`
  Browser    ${name === 'chromium' ? 'Chromium' : 'Firefox'} with a fresh profile (${browser.profileDir})
  Extension  ${extensionDir}
  Service    ${service.url}, data in ${service.dataDir}

Answer the page that opened, then browse. To sync, give the service's address on the options page under Sync.
Close the browser or press Ctrl-C to stop everything; the profile and the data are removed then.`);
  await browser.ended();
}
