import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { type Consent, type PrivacyReport, useName } from '../model/privacy-policy.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { saveFile } from '../ui/file-parts.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import {
  consentsFile,
  endedText,
  givenText,
  policyLines,
  termsText,
  useText,
  WITHDRAWING,
} from './consent-words.ts';

/** The privacy policy in force, and everything that was agreed to: with dates, to be withdrawn and to be kept as a file. */
export function ConsentsCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const report = useSignal<PrivacyReport | undefined>(undefined);
  const problem = useSignal('');
  const show = (answer: Result<PrivacyReport>) => {
    problem.value = answer.ok ? '' : answer.error.message;
    if (answer.ok) report.value = answer.value;
  };
  const { level, consent, sync, lock, plugins } = status.value ?? {};
  useEffect(
    () => void ask('privacy.get', {}).then(show),
    [level, consent, sync?.serviceUrl, lock?.state, plugins],
  );

  const withdraw = async ({ use, to }: Consent) => {
    const agreed = await confirm({ ...WITHDRAWING[use], action: 'Withdraw' });
    if (agreed) show(await ask('privacy.withdraw', { use, to }));
  };
  const now = report.value;
  return (
    <section class="card" ref={box} data-testid="consents">
      <h2>Privacy policy and consents</h2>
      {now && (
        <dl data-testid="policy">
          {policyLines(now.policy).map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
      <p class="muted small">
        This is all that you agreed to. Nothing is given to anybody who is not in this list.
      </p>
      {now && now.consents.length > 0 && <ConsentsTable consents={now.consents} withdraw={withdraw} />}
      <button
        type="button"
        data-testid="consents-save"
        disabled={!now}
        onClick={() => {
          if (!now) return;
          const text = consentsFile(now.policy, now.consents);
          saveFile(new Blob([text], { type: 'application/json' }), 'arq-context-consents.json');
        }}
      >
        Save this as a file
      </button>
      <p class="error result" role="alert" data-testid="consents-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}

interface TableProps {
  readonly consents: readonly Consent[];
  readonly withdraw: (consent: Consent) => Promise<void>;
}

function ConsentsTable({ consents, withdraw }: TableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Given</th>
          <th scope="col">Now</th>
          <th scope="col">
            <span class="visually-hidden">Withdraw</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {consents.map((one) => (
          <tr key={`${useName(one)} ${one.givenMs}`} data-testid="consent">
            <th scope="row" class="wrap">
              {useText(one)}
              {one.use !== 'recording' && (
                <>
                  <br />
                  <span class="small muted">
                    <bdi>{one.name}</bdi>
                    {one.fields ? `: ${termsText(one)}` : ''}
                  </span>
                </>
              )}
            </th>
            <td>{givenText(one)}</td>
            <td data-testid="consent-now">{endedText(one)}</td>
            <td>
              {one.withdrawnMs === undefined && (
                <button
                  type="button"
                  class="quiet"
                  data-testid={`consent-withdraw-${one.use}`}
                  aria-label={`Withdraw: ${useText(one)}${one.use === 'recording' ? '' : `, ${one.name}`}`}
                  onClick={() => void withdraw(one)}
                >
                  Withdraw
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
