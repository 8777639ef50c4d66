/** Derives one key in a thread of its own: a page is not frozen for the second that it takes. A file by itself (passphrase.js). */
import * as v from 'valibot';
import { toBase64Url } from '../base/bytes.ts';
import { kdfSchema } from '../crypto/kdf.ts';
import { passphraseKey } from '../crypto/passphrase.ts';

const schema = v.object({ passphrase: v.string(), kdf: kdfSchema });

addEventListener('message', async ({ data }: MessageEvent) => {
  const { passphrase, kdf } = v.parse(schema, data);
  const startMs = performance.now();
  const key = await passphraseKey(passphrase, kdf);
  postMessage({ key: toBase64Url(key), ms: performance.now() - startMs });
});
