import browser from 'webextension-polyfill';

/** What a device is called until the person names it: "Chromium on linux". */
export async function defaultDeviceName(): Promise<string> {
  const [platform, agent] = [await browser.runtime.getPlatformInfo(), navigator.userAgent];
  const name = agent.includes('Firefox/') ? 'Firefox' : agent.includes('Edg/') ? 'Edge' : 'Chrome';
  return `${name} on ${platform.os}`;
}
