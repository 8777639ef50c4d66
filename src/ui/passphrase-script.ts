/** The thread that derives keys: built apart (scripts/passphrase-bundle.ts). */
export const PASSPHRASE_SCRIPT = 'passphrase.js';
