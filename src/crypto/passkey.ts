/** A key from what a passkey's pseudo-random function gives (WebAuthn Level 3, section 10.1.4): for one purpose alone. */
import type { Bytes } from '../base/bytes.ts';
import { hkdf } from './primitives.ts';

/** `output`: 32 bytes. 32 bytes. */
export const passkeyKey = (output: Bytes): Promise<Bytes> => hkdf(output, 'arq/v1/passkey');
