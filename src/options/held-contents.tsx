import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { fromBase64Url } from '../base/bytes.ts';
import { ask } from '../messaging/client.ts';
import type { HeldContents } from '../model/held.ts';
import { sizeText } from '../ui/quantities.ts';
import { status } from '../ui/status.ts';
import { CLOSED, notShownText } from './held-words.ts';
import { hexDump } from './hex-dump.ts';

/** Bytes that are shown at first. */
const SHOWN = 1_024;

/** One object: what lies at the service beside what opens of it here. `etag`: asked again when it was written anew. */
export function HeldContentsView({ slot, etag }: { readonly slot: string; readonly etag: string }) {
  const contents = useSignal<HeldContents | undefined>(undefined);
  const problem = useSignal('');
  const asked = useRef(0);
  const { recordCount, erasing } = status.value ?? {};
  // Also when something was deleted, or that is about to be: then it is not shown here either.
  useEffect(() => {
    const turn = ++asked.current;
    void ask('sync.held-object', { slot }).then((answer) => {
      if (turn !== asked.current) return;
      problem.value = answer.ok ? '' : answer.error.message;
      contents.value = answer.ok ? answer.value : undefined;
    });
  }, [slot, etag, recordCount, erasing?.id]);

  const now = contents.value;
  return (
    <>
      <p class="error" role="alert" data-testid="held-object-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      {now && (
        <div class="beside">
          <Raw contents={now} />
          <Opened contents={now} />
        </div>
      )}
    </>
  );
}

function Raw({ contents: { slot, etag, bytes: text, headerBytes } }: { readonly contents: HeldContents }) {
  const all = useSignal(false);
  const bytes = fromBase64Url(text) ?? new Uint8Array(0);
  return (
    <section aria-label="At the service">
      <h3>At the service</h3>
      <p class="small muted">
        Name <code>{slot}</code>, ETag <code>{etag}</code>. {sizeText(bytes.length)}: a sealed header (
        {sizeText(headerBytes)}), then the sealed contents.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached with the keyboard. */}
      <pre data-testid="held-bytes" tabIndex={0}>
        {hexDump(all.value ? bytes : bytes.subarray(0, SHOWN))}
      </pre>
      {bytes.length > SHOWN && !all.value && (
        <button
          type="button"
          class="quiet"
          data-testid="held-all-bytes"
          onClick={() => {
            all.value = true;
          }}
        >
          Show all {bytes.length.toLocaleString()} bytes
        </button>
      )}
    </section>
  );
}

function Opened({ contents }: { readonly contents: HeldContents }) {
  const { closed, header, text } = contents;
  const notShown = notShownText(contents);
  return (
    <section aria-label="Opened on this device">
      <h3>Opened on this device</h3>
      {closed && (
        <p class="error" data-testid="held-closed">
          {CLOSED[closed]}
        </p>
      )}
      {notShown !== '' && (
        <p class="small muted" data-testid="held-not-shown">
          {notShown}
        </p>
      )}
      {header !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached with the keyboard.
        <pre data-testid="held-text" tabIndex={0}>
          {text === undefined ? header : `${header}\n\n${text}`}
        </pre>
      )}
    </section>
  );
}
