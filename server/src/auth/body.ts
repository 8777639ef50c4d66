import { type Bytes, concat } from '../../../src/base/bytes.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** Looks at what the headers say about the body, before anything is read. */
export function checkDeclared(headers: Headers, maxBytes: number): Refusal | null {
  // A compressed body could grow to any size.
  if (headers.has('content-encoding')) return refuse('BAD_REQUEST');
  const declared = headers.get('content-length');
  if (declared === null) return null;
  if (!/^\d{1,15}$/.test(declared)) return refuse('BAD_REQUEST');
  return Number(declared) > maxBytes ? refuse('TOO_LARGE') : null;
}

/** The whole body, and never more than `maxBytes` of it, whatever was declared. */
export async function readBody(request: Request, maxBytes: number): Promise<Bytes | Refusal> {
  if (!request.body) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > maxBytes) {
        void reader.cancel().catch(() => {});
        return refuse('TOO_LARGE');
      }
      parts.push(next.value);
    }
  } catch {
    // The client went away in the middle.
    return refuse('BAD_REQUEST');
  }
  return concat(...parts);
}
