/**
 * What the person agreed to, with dates. What is in force is known where it is enforced: the settings record only after consent,
 * `plugins.ts` answers only who is allowed, `sync.ts` sends only to an account. The list is made true from those, so it cannot
 * say anything else; it adds what has ended, and when.
 */
import { Mutex } from '../../base/mutex.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  type Consent,
  type InForce,
  type PrivacyReport,
  parseConsents,
  policyOf,
  trueConsents,
} from '../../model/privacy-policy.ts';
import type { Plugins } from './plugins.ts';
import type { Profile } from './profile.ts';
import type { Sync } from './sync.ts';
import { unlessDamaged } from './unless-damaged.ts';

const RECORD = 'consents';

export class Consents {
  readonly #changes = new Mutex();

  constructor(
    private readonly profile: Profile,
    private readonly plugins: Plugins,
    private readonly sync: Sync,
  ) {}

  async #inForce(known: readonly Consent[]): Promise<InForce[]> {
    const { settings, clock } = this.profile;
    const { on, allowed } = await this.plugins.report();
    const nowMs = clock.nowMs();
    const { serviceUrl } = this.sync.state();
    // Damaged, the account does not say its service; it was not left for that.
    const before = known.filter(({ use, withdrawnMs }) => use === 'sync' && withdrawnMs === undefined);
    const synced =
      serviceUrl !== undefined ? [serviceUrl] : this.sync.isDamaged ? before.map(({ to }) => to) : [];
    const isRecorded = settings.consent === 'accepted';
    return [
      ...(isRecorded
        ? [
            {
              use: 'recording' as const,
              to: '',
              name: 'This device',
              ...(settings.consentAtMs === undefined ? {} : { givenMs: settings.consentAtMs }),
            },
          ]
        : []),
      ...synced.map((url) => ({ use: 'sync' as const, to: url, name: url })),
      ...allowed
        .filter(({ untilMs }) => isRecorded && on && nowMs < untilMs)
        .map(({ id, name, fields, grantedMs, untilMs }) => ({
          use: 'plugin' as const,
          to: id,
          name,
          fields: [...fields].sort(),
          givenMs: grantedMs,
          untilMs,
        })),
    ];
  }

  /** Makes the list true: after anything that it is about has changed, and before it is shown. */
  check(): Promise<readonly Consent[]> {
    return this.#changes.run(async () => {
      const { store, clock } = this.profile;
      const known = parseConsents(await unlessDamaged(store.readNamed(RECORD)));
      const now = trueConsents(known, await this.#inForce(known), clock.nowMs());
      if (now !== known) await this.profile.storing(() => store.writeNamed(RECORD, now));
      return now;
    });
  }

  async report(): Promise<PrivacyReport> {
    const consents = await this.check();
    const { settings, store } = this.profile;
    return { policy: policyOf(settings, Boolean(store.vault.lock), consents), consents };
  }

  async withdraw({ use, to }: Pick<Consent, 'use' | 'to'>): Promise<Result<PrivacyReport>> {
    const { clock } = this.profile;
    if (use === 'plugin') await this.plugins.withdraw(to);
    else if (use === 'recording')
      await this.profile.change({ consent: 'declined', consentAtMs: clock.nowMs() });
    else if (this.sync.state().serviceUrl === to) {
      const left = await this.sync.end('leave');
      if (!left.ok)
        return fail(
          left.error.code,
          `${left.error.message} So the consent is still in force. On the Sync tab you can leave without the service.`,
        );
    }
    return ok(await this.report());
  }
}
