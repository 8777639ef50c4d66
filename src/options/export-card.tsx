import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { fail, type Result } from '../base/result.ts';
import { passphraseFault } from '../crypto/kdf.ts';
import { receiveExport } from '../messaging/client.ts';
import { FileParts, saveFile } from '../ui/file-parts.ts';
import { count } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { PasskeyFault } from '../ui/passkey.ts';
import { status } from '../ui/status.ts';
import { type GivenProof, proofBy } from '../ui/way.ts';
import { ExportKinds, ExportPassphrase, KINDS, type Kind } from './export-kinds.tsx';
import type { Made } from './export-package.ts';
import { goingOn, loadRequests } from './requests.ts';

const TYPES = { json: 'application/json', csv: 'text/csv' } as const;
const today = (): string => new Intl.DateTimeFormat('sv-SE').format();
const ENDINGS: Readonly<Record<Kind, string>> = {
  full: '.zip',
  encrypted: '.arqx',
  anonymised: '-anonymised.zip',
};

const TYPE_IT = 'Type the passphrase that unlocks ARQ Context, then export.';
const NO_MEMORY =
  'The browser gave no memory to make a key of the passphrase. No file was written. Close some pages and try again.';

interface Ready {
  readonly made: Made;
  readonly name: string;
}

/** Hands over the file and says so. */
function save({ made: { file, records, warning }, name }: Ready): string {
  try {
    saveFile(file, name);
  } catch {
    return 'The browser did not take the file. Free some disk space, then export again.';
  }
  const said = `Exported ${count(records, 'record', 'records')} to ${name}. The browser puts it where your downloads go.`;
  return warning === undefined ? said : `${said} ${warning}`;
}

export function ExportCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const running = useRef<AbortController | undefined>(undefined);
  const [first, again] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  /** What unlocks, where a passphrase does. */
  const own = useRef<HTMLInputElement>(null);
  const kind = useSignal<Kind>('full');
  const ready = useSignal<Ready | undefined>(undefined);
  const progress = useSignal<{ readonly done: number; readonly total: number } | undefined>(undefined);
  const result = useSignal('');
  const failed = useSignal(false);

  const lock = status.value?.lock;
  const asksPassphrase = lock !== undefined && lock.passphrase !== false;
  const told = (text: string) => {
    result.value = text;
    failed.value = true;
  };

  /** `ending`: of the file's name. `make`: with what unlocks. */
  const run = async (
    ending: string,
    make: (given: GivenProof, signal: AbortSignal) => Promise<Result<Made>>,
  ) => {
    if (running.current) return;
    const typed = own.current?.value ?? '';
    if (asksPassphrase && typed === '') {
      told(TYPE_IT);
      own.current?.focus();
      return;
    }
    const stop = new AbortController();
    running.current = stop;
    progress.value = { done: 0, total: 0 };
    result.value = '';
    ready.value = undefined;
    failed.value = false;
    // First: a passkey is asked by a click, not a second after it.
    const made = await proofBy(typed).then(
      (given) => make(given, stop.signal),
      (error: unknown) => fail('no-proof', error instanceof PasskeyFault ? error.message : NO_MEMORY),
    );
    progress.value = undefined;
    running.current = undefined;
    if (made.ok && own.current) own.current.value = '';
    // A browser may not take it by itself when it took long to make: then there is a button.
    ready.value = made.ok ? { made: made.value, name: `arq-context-${today()}${ending}` } : undefined;
    result.value = ready.value ? save(ready.value) : made.ok ? '' : made.error.message;
    failed.value = !made.ok && made.error.code !== 'cancelled';
    await loadRequests();
  };
  const show = (chunk: { readonly records: number; readonly total: number }) => {
    progress.value = { done: chunk.records, total: chunk.total };
  };

  const exportRecords = (format: keyof typeof TYPES) =>
    run(`.${format}`, async (given, signal) => {
      const parts = new FileParts();
      const onChunk = (chunk: Parameters<typeof show>[0] & { readonly text: string }) => {
        parts.add(chunk.text);
        show(chunk);
      };
      const received = await receiveExport({ format, ...given }, onChunk, signal);
      return received.ok
        ? { ok: true, value: { file: parts.file(TYPES[format]), records: received.value } }
        : received;
    });

  const bodies = useSignal(false);
  /** The request that the next export of its kind goes on with. */
  const resumed = useRef<{ readonly id: string; readonly kind: Kind } | undefined>(undefined);
  const exportAll = () => {
    const chosen = kind.value;
    const request = resumed.current?.kind === chosen ? resumed.current.id : undefined;
    const isEncrypted = chosen === 'encrypted';
    const passphrase = isEncrypted ? (first.current?.value ?? '') : undefined;
    const fault =
      passphrase === undefined
        ? null
        : (passphraseFault(passphrase) ??
          (passphrase === again.current?.value
            ? null
            : 'The two passphrases are not the same. Type them again.'));
    if (fault !== null) return told(fault);
    void run(ENDINGS[chosen], async (given, signal) => {
      // Only who exports needs it.
      const { makePackage } = await import('./export-package.ts');
      const wanted = {
        format: 'package',
        kind: chosen,
        ...(request === undefined ? {} : { request }),
        ...(bodies.value && chosen !== 'anonymised' ? { bodies: true } : {}),
        ...given,
      } as const;
      const made = await makePackage(wanted, passphrase, show, signal);
      if (!made.ok) return made;
      resumed.current = undefined;
      for (const { current } of [first, again]) if (current) current.value = '';
      return made;
    });
  };
  const start = (event: Event) => {
    event.preventDefault();
    exportAll();
  };
  useSignalEffect(() => {
    const wanted = goingOn.value;
    if (!wanted) return;
    goingOn.value = undefined;
    const found = KINDS.find((one) => one === wanted.kind);
    if (found === undefined) return void exportRecords(wanted.kind === 'csv' ? 'csv' : 'json');
    kind.value = found;
    resumed.current = { id: wanted.id, kind: found };
    if (found !== 'encrypted' && !asksPassphrase) return exportAll();
    result.value = `Type the passphrase${found === 'encrypted' ? ' of the file' : ''}, then press "Export".`;
    failed.value = false;
    requestAnimationFrame(() => (found === 'encrypted' ? first : own).current?.focus());
  });

  const now = progress.value;
  const archivedDays = status.value?.budget?.archivedDays ?? 0;
  return (
    <section class="card" ref={box} id="export">
      <h2>Export</h2>
      <p class="small muted">
        Everything about you that is kept here
        {status.value?.sync.phase === 'off' ? '' : ', and what the sync service holds'}: what was recorded, as
        a table and for programs, saved contexts, profile, preferences, settings and rules, the log of
        deletions, each explained in a README. What is kept in memory only is not part of it
        {archivedDays > 0 ? ', nor are archived days' : ''}.
      </p>
      <form class="spaced" noValidate onSubmit={start}>
        <ExportKinds kind={kind} disabled={now !== undefined} />
        {kind.value === 'encrypted' && <ExportPassphrase first={first} again={again} />}
        {kind.value !== 'anonymised' && status.value?.sync.phase !== 'off' && (
          <label class="check">
            <input
              type="checkbox"
              data-testid="export-bodies"
              checked={bodies.value}
              disabled={now !== undefined}
              onChange={({ currentTarget }) => {
                bodies.value = currentTarget.checked;
              }}
            />
            With the bytes of everything that the sync service holds, each beside what it opens to (all of it
            is fetched again)
          </label>
        )}
        {asksPassphrase && (
          <label class="field narrow">
            Your passphrase, that unlocks ARQ Context
            <input ref={own} type="password" autocomplete="off" data-testid="export-unlock" />
          </label>
        )}
        <div class="row">
          <button type="submit" class="primary" data-testid="export-run" disabled={now !== undefined}>
            Export
          </button>
          {now && (
            <button type="button" data-testid="export-cancel" onClick={() => running.current?.abort()}>
              Cancel
            </button>
          )}
        </div>
      </form>
      {now && (
        <div class="exporting">
          <progress aria-label="Export" max={Math.max(1, now.total)} value={now.done} />
          <span class="small muted tabular">
            {now.total === 0 ? 'Preparing…' : `${Math.floor((100 * now.done) / Math.max(1, now.total))} %`}
          </span>
        </div>
      )}
      <p role="status" class={failed.value ? 'result error' : 'result'} data-testid="export-result">
        {result.value}
      </p>
      {ready.value && (
        <p class="small">
          If it is not among your downloads:{' '}
          <button
            type="button"
            class="quiet"
            data-testid="export-save"
            onClick={() => {
              if (ready.value) result.value = save(ready.value);
            }}
          >
            Save the file again
          </button>
        </p>
      )}
      <div class="apart">
        <p class="small muted">Or only what was recorded, in one file that whoever has it can read:</p>
        <div class="row">
          <button
            type="button"
            data-testid="export-json"
            disabled={now !== undefined}
            onClick={() => void exportRecords('json')}
          >
            Export as JSON
          </button>
          <button
            type="button"
            data-testid="export-csv"
            disabled={now !== undefined}
            onClick={() => void exportRecords('csv')}
          >
            Export as CSV
          </button>
        </div>
      </div>
    </section>
  );
}
