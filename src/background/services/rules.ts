import { randomId } from '../../base/random.ts';
import { SENSITIVE_HOSTS, SENSITIVE_PATTERNS } from '../../capture/sensitive-sites.ts';
import type { RulesAnswer } from '../../messaging/answers.ts';
import type { PrivacyLevel } from '../../model/privacy.ts';
import { type Capture, parseRuleHost, type Rule } from '../../model/rules.ts';
import type { Profile } from './profile.ts';

export const rulesAnswer = (profile: Profile): RulesAnswer => ({
  rules: [...profile.settings.rules].sort((a, b) => (a.host < b.host ? -1 : 1)),
  sensitive: [...SENSITIVE_PATTERNS, ...SENSITIVE_HOSTS],
});

/** One rule for each host: setting it again replaces it. `false` when the host is none. */
export async function setRule(
  profile: Profile,
  typedHost: string,
  capture: Capture,
  level: PrivacyLevel | undefined,
): Promise<boolean> {
  const host = parseRuleHost(typedHost);
  if (host === null) return false;
  await profile.change(({ rules }) => {
    const before = rules.find((rule) => rule.host === host);
    const formerly =
      capture !== 'skip' ? undefined : before?.capture === 'skip' ? before.formerly : before?.capture;
    const rule: Rule = {
      id: before?.id ?? randomId(),
      host,
      capture,
      ...(level === undefined ? {} : { level }),
      ...(formerly === undefined ? {} : { formerly }),
    };
    return { rules: [...rules.filter((one) => one.host !== host), rule] };
  });
  return true;
}

export const removeRule = (profile: Profile, id: string): Promise<void> =>
  profile.change(({ rules }) => ({ rules: rules.filter((rule) => rule.id !== id) }));
