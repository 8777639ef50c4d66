import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import encodeQR from 'qr';
import type { InviteAnswer } from '../messaging/answers.ts';
import { ask } from '../messaging/client.ts';
import { OwnPassphrase } from '../ui/components/own-passphrase.tsx';
import { clockTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { proven } from '../ui/way.ts';

/** The code that is out, if any. */
export const pairingCode = signal<InviteAnswer | undefined>(undefined);

/** Shows a code until it was used (there is one device more) or its time is over. */
export function PairingCode({ devices }: { readonly devices: number }) {
  const problem = useSignal('');
  const done = useSignal('');
  const box = useRef<HTMLDivElement>(null);
  const passphrase = useRef<HTMLInputElement>(null);
  useKeptFocus(box);
  const before = useRef(devices);
  const code = pairingCode.value;

  useEffect(() => {
    if (before.current > 0 && devices > before.current && pairingCode.value) {
      pairingCode.value = undefined;
      done.value = 'Paired. The other device is catching up.';
    }
    before.current = devices;
  }, [devices]);
  useEffect(() => {
    if (!code) return;
    const timer = setTimeout(
      () => {
        pairingCode.value = undefined;
        done.value = 'The code has expired. Make a new one.';
      },
      Math.max(0, code.expiresMs - (performance.timeOrigin + performance.now())),
    );
    return () => clearTimeout(timer);
  }, [code]);

  const invite = async (event: Event) => {
    event.preventDefault();
    done.value = '';
    const answer = await proven(passphrase.current?.value ?? '', (given) => ask('sync.invite', given));
    problem.value = answer.ok ? '' : answer.error.message;
    if (!answer.ok) return;
    pairingCode.value = answer.value;
    if (passphrase.current) passphrase.current.value = '';
  };
  const copy = async (text: string) => {
    done.value = await navigator.clipboard.writeText(text).then(
      () => 'Copied.',
      () => 'The browser did not allow copying. Select the code, and copy it yourself.',
    );
  };
  return (
    <div class="invite" ref={box}>
      <form class="row fields" noValidate onSubmit={(event) => void invite(event)}>
        <OwnPassphrase input={passphrase} testid="sync-invite-passphrase" />
        <button type="submit" data-testid="sync-invite">
          {code ? 'Make a new code' : 'Pair another device'}
        </button>
      </form>
      {code && (
        <div class="pairing">
          <QrCode text={code.code} />
          <div>
            <p>
              On the other device open Sync, paste this whole text, and press Join. It works once, until{' '}
              {clockTime(code.expiresMs)}. Whoever has it can join: show it to nobody else.
            </p>
            <code data-testid="sync-code">{code.code}</code>
            <p>
              <button type="button" onClick={() => void copy(code.code)}>
                Copy the code
              </button>
            </p>
          </div>
        </div>
      )}
      <p class="result" role="status">
        {done.value}
      </p>
      {problem.value && (
        <p class="error" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}

function QrCode({ text }: { readonly text: string }) {
  const rows = encodeQR(text, 'raw', { border: 2 });
  const path = rows
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('');
  return (
    <svg
      class="qr"
      role="img"
      aria-label="The pairing code as a picture"
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shape-rendering="crispEdges"
    >
      <path class="qr-paper" d={`M0 0h${rows.length}v${rows.length}h-${rows.length}z`} />
      <path class="qr-ink" d={path} />
    </svg>
  );
}
