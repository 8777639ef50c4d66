import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ExtensionPages {
  readonly options: string;
  readonly popup: string;
}

/** Where a built extension has its pages, as its manifest says. */
export function extensionPages(extensionDir: string): ExtensionPages {
  const manifest = JSON.parse(readFileSync(join(extensionDir, 'manifest.json'), 'utf8')) as {
    options_ui: { page: string };
    action: { default_popup: string };
  };
  return { options: manifest.options_ui.page, popup: manifest.action.default_popup };
}

/** The page that opens by itself after the installation. */
export const ONBOARDING_PAGE = 'src/onboarding/index.html';
