export type BrowserName = 'chromium' | 'firefox';
export function findBrowser(name: BrowserName): string | undefined;
export function ensureBrowsers(): {
  readonly chromium: string | undefined;
  readonly firefox: string | undefined;
};
export function howToInstall(name: BrowserName): string;
