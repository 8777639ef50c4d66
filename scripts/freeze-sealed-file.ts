/**
 * Wrote test/vectors/sealed-file-1.arqx, once: a file of version 1 that a passphrase opens, to be opened for ever by
 * test/unit/crypto/sealed-file.test.ts. It does not replace the file: a format that changed gets a number and a file of its own.
 *
 *     npx tsx scripts/freeze-sealed-file.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKdf } from '../src/crypto/kdf.ts';
import { passphraseKey } from '../src/crypto/passphrase.ts';
import { FileSealer } from '../src/crypto/sealed-file.ts';
import { ROOT } from './root.ts';

/** One whole chunk and a bit, of bytes that the test makes again. */
const plaintext = Uint8Array.from({ length: 64 * 1024 + 1000 }, (_, i) => (i * 7) % 251);
const kdf = newKdf(0);
const parts: Uint8Array[] = [];
const sealer = await FileSealer.begin(
  kdf,
  await passphraseKey('correct horse battery staple', kdf),
  (bytes) => parts.push(bytes),
);
await sealer.add(plaintext);
await sealer.end();
writeFileSync(join(ROOT, 'test/vectors/sealed-file-1.arqx'), Buffer.concat(parts), { flag: 'wx' });
