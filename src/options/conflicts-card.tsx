import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import type { SyncDevice } from '../model/recording.ts';
import type { Resolution, SyncConflict } from '../model/sync-conflict.ts';
import { exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { conflictTitle, fieldsOf, inSentence, sideName } from './conflict-words.ts';

interface Props {
  readonly devices: readonly SyncDevice[];
  /** Asked again after each round. */
  readonly syncedMs: number | undefined;
}

/** What devices chose without knowing of each other, field by field, until the person decides. Nothing where there is none. */
export function ConflictsCard({ devices, syncedMs }: Props) {
  const conflicts = useSignal<readonly SyncConflict[]>([]);
  const said = useSignal('');
  const problem = useSignal('');
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const load = async () => {
    const answer = await ask('sync.conflicts', {});
    if (answer.ok) conflicts.value = answer.value;
    else problem.value = answer.error.message;
  };
  useEffect(() => void load(), [syncedMs]);
  const decide = async ({ name, state }: SyncConflict, resolution: Resolution) => {
    said.value = '';
    problem.value = '';
    const answer = await ask('sync.resolve', { name, state, resolution });
    if (answer.ok) {
      conflicts.value = answer.value;
      said.value = 'Decided, for all your devices.';
    } else {
      problem.value = answer.error.message;
      await load();
    }
  };

  if (conflicts.value.length === 0 && said.value === '' && problem.value === '') return null;
  return (
    <section class="card" ref={box} data-testid="conflicts">
      <h2>Chosen differently on two devices</h2>
      <p class="muted small">
        Devices chose these without knowing of each other. The stricter one is in force, and nothing of it is
        lost. Decide when you like: then it holds on all of them.
      </p>
      {conflicts.value.map((conflict) => (
        <Conflict
          key={conflict.state}
          {...{ conflict, devices }}
          decide={(how) => void decide(conflict, how)}
        />
      ))}
      <p class="result" role="status" data-testid="conflict-said">
        {said.value}
      </p>
      <p class="error result" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}

function Conflict({
  conflict,
  devices,
  decide,
}: {
  readonly conflict: SyncConflict;
  readonly devices: readonly SyncDevice[];
  readonly decide: (resolution: Resolution) => void;
}) {
  const { deviceA, deviceB, others, merged } = conflict;
  const title = conflictTitle(conflict);
  const sides = [deviceA, deviceB, ...others];
  const names = sides.map((side) => sideName(side, devices));
  return (
    <div class="conflict" data-testid="conflict">
      <h3>{title}</h3>
      <table>
        <caption class="visually-hidden">{title}: what was chosen where</caption>
        <thead>
          <tr>
            <td />
            {sides.map(({ timestamp }, n) => (
              <th scope="col" key={n}>
                {names[n]}
                <br />
                <span class="muted small">{exactTime(Date.parse(timestamp))}</span>
              </th>
            ))}
            <th scope="col">In force</th>
          </tr>
        </thead>
        <tbody>
          {fieldsOf(conflict).map(({ name, of }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {sides.map(({ data }, n) => (
                <td key={n}>{of(data)}</td>
              ))}
              <td>{of(merged)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="row">
        <button type="button" data-testid="conflict-a" onClick={() => decide('deviceA')}>
          As on {inSentence(deviceA, devices)}
        </button>
        <button type="button" data-testid="conflict-b" onClick={() => decide('deviceB')}>
          As on {inSentence(deviceB, devices)}
        </button>
        {others.map((side, n) => (
          <button type="button" key={n} onClick={() => decide(n)}>
            As on {inSentence(side, devices)}
          </button>
        ))}
        <button type="button" data-testid="conflict-merge" onClick={() => decide('merge')}>
          Keep what is in force
        </button>
      </div>
    </div>
  );
}
