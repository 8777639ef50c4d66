import { toBase64Url } from '../../src/base/bytes.ts';
import type { Kdf } from '../../src/crypto/kdf.ts';

/** What it costs is tested where it is made (test/unit/crypto/passphrase.test.ts). */
export const SOME_KDF: Kdf = {
  name: 'argon2id',
  memory: 19 * 1024,
  passes: 2,
  lanes: 1,
  salt: toBase64Url(new Uint8Array(16)),
};
