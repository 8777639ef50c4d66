/** Puts an export of everything together, as it comes from the background: a ZIP, sealed on its way when a passphrase is given. */
import type { Bytes } from '../base/bytes.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { chooseKdf } from '../crypto/kdf.ts';
import { FileSealer } from '../crypto/sealed-file.ts';
import { ZipStream } from '../lifecycle/zip.ts';
import { type ExportChunk, receiveExport } from '../messaging/client.ts';
import type { ExportRequest } from '../messaging/messages.ts';
import { FileParts } from '../ui/file-parts.ts';
import { measured } from '../ui/passphrase.ts';

export type PackageRequest = Extract<ExportRequest, { format: 'package' }>;

export interface Made {
  readonly file: Blob;
  readonly records: number;
  /** Something is missing, as a sentence. */
  readonly warning?: string;
}

const NO_MEMORY =
  'The browser gave no memory to make a key of the passphrase. No file was written. Close some pages and try again.';

/** Never rejects. `passphrase`: of an encrypted one. */
export async function makePackage(
  request: PackageRequest,
  passphrase: string | undefined,
  onProgress: (chunk: ExportChunk) => void,
  signal: AbortSignal,
): Promise<Result<Made>> {
  const parts = new FileParts();
  let sealer: FileSealer | undefined;
  if (passphrase !== undefined) {
    try {
      const { kdf, key } = await chooseKdf(measured(passphrase));
      sealer = await FileSealer.begin(kdf, key, (bytes) => parts.add(bytes));
    } catch {
      return fail('no-memory', NO_MEMORY);
    }
    if (signal.aborted) return fail('cancelled', 'Export cancelled. No file was written.');
  }
  const take = (bytes: Uint8Array) => {
    // The library may use its memory again.
    const own: Bytes = new Uint8Array(bytes);
    return sealer ? sealer.add(own) : parts.add(own);
  };
  const zip = new ZipStream(new Date(performance.timeOrigin + performance.now()), take);
  const warnings: string[] = [];
  const received = await receiveExport(
    request,
    async (chunk) => {
      if (chunk.file !== undefined) await zip.begin(chunk.file);
      if (chunk.text !== '') await zip.write(chunk.text);
      if (chunk.warning !== undefined) warnings.push(chunk.warning);
      onProgress(chunk);
    },
    signal,
  );
  if (!received.ok) return received;
  try {
    await zip.end();
    await sealer?.end();
    const type = sealer ? 'application/octet-stream' : 'application/zip';
    const file = parts.file(type);
    const warning = warnings.length === 0 ? {} : { warning: warnings.join(' ') };
    return ok({ file, records: received.value, ...warning });
  } catch {
    return fail('no-room', 'There is no room for the file. Free some disk space and try again.');
  }
}
