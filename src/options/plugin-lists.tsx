import { systemClock } from '../base/clock.ts';
import type { PluginsReport } from '../model/plugins.ts';
import { exactTime } from '../ui/format.ts';
import { fieldsText, lastText, queryText, untilText, whenText } from './plugin-words.ts';

/** Name and id. The name may be anything: it is kept apart from the words around it. */
export function PluginName({ name, id }: { readonly name: string; readonly id: string }) {
  return (
    <>
      <bdi>{name}</bdi>
      <br />
      <code class="small muted">{id}</code>
    </>
  );
}

interface AllowedProps {
  readonly report: PluginsReport;
  readonly onWithdraw: (id: string) => void;
}

export function PluginsAllowed({ report: { allowed, totals }, onWithdraw }: AllowedProps) {
  const nowMs = systemClock.nowMs();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Extension</th>
          <th scope="col">May read</th>
          <th scope="col">Until</th>
          <th scope="col">Last query</th>
          <th scope="col">
            <span class="visually-hidden">Withdraw</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {allowed.map((one) => (
          <tr key={one.id} data-testid="plugin-allowed">
            <th scope="row">
              <PluginName {...one} />
            </th>
            <td>{fieldsText(one.fields)}</td>
            <td title={`Allowed on ${exactTime(one.grantedMs)}`}>{untilText(one, nowMs)}</td>
            <td>{lastText(totals, one.id)}</td>
            <td>
              <button
                type="button"
                class="quiet"
                data-testid="plugin-withdraw"
                aria-label={`Withdraw the access of ${one.name}`}
                onClick={() => onWithdraw(one.id)}
              >
                Withdraw
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface LogProps {
  readonly report: PluginsReport;
  readonly onClear: () => void;
}

/** Who asked what and when. */
export function PluginsLog({ report: { log, totals }, onClear }: LogProps) {
  return (
    <details class="apart" data-testid="plugin-log">
      <summary>What extensions asked ({totals.reduce((sum, { queries }) => sum + queries, 0)})</summary>
      <p class="small muted">
        Equal queries of one hour are one line. What they were told is not noted. The last 500 lines are kept,
        in this browser only.
      </p>
      <table class="amounts tabular">
        <thead>
          <tr>
            <th scope="col">Extension</th>
            <th scope="col">Queries</th>
            <th scope="col">Records given</th>
            <th scope="col">Refused</th>
          </tr>
        </thead>
        <tbody>
          {totals.map((one) => (
            <tr key={one.id} data-testid="plugin-total">
              <th scope="row">
                <PluginName {...one} />
              </th>
              <td>{one.queries.toLocaleString()}</td>
              <td>{one.records.toLocaleString()}</td>
              <td>{one.refused.toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Extension</th>
            <th scope="col">Asked for</th>
            <th scope="col">Fields</th>
            <th scope="col">Records</th>
          </tr>
        </thead>
        <tbody>
          {log.map((entry) => (
            <tr
              key={`${entry.id} ${entry.kind} ${entry.byWords} ${entry.firstMs}`}
              data-testid="plugin-log-entry"
            >
              <td>{whenText(entry)}</td>
              <td>
                <bdi>{entry.name}</bdi>
              </td>
              <td>{queryText(entry)}</td>
              <td>{fieldsText(entry.fields)}</td>
              <td class="tabular">{entry.records.toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" data-testid="plugin-log-clear" onClick={onClear}>
        Clear this log
      </button>
    </details>
  );
}
