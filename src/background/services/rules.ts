/** The person's rules: setting, removing and trying them. */
import { randomId } from '../../base/random.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { cleanAddress } from '../../capture/address.ts';
import { captureNavigation } from '../../capture/capture.ts';
import { treatmentOf } from '../../capture/decide.ts';
import { parsePattern } from '../../capture/patterns.ts';
import { SENSITIVE_HOSTS, SENSITIVE_PATTERNS } from '../../capture/sensitive-sites.ts';
import type { RulesAnswer, RuleTrial } from '../../messaging/answers.ts';
import {
  type Capture,
  parseRuleHost,
  parseRulePath,
  RULE_LIMITS,
  type Rule,
  ruleKey,
} from '../../model/rules.ts';
import type { Profile } from './profile.ts';

/** A rule as a page asks for it: with a pattern, with a path, or for a whole site. */
export interface RuleDraft {
  readonly host: string;
  readonly path?: string | undefined;
  readonly pattern?: string | undefined;
  readonly capture: Capture;
  readonly level?: Rule['level'] | undefined;
}

export const rulesAnswer = (profile: Profile): RulesAnswer => ({
  rules: [...profile.settings.rules].sort((a, b) => (ruleKey(a) < ruleKey(b) ? -1 : 1)),
  sensitive: [...SENSITIVE_PATTERNS, ...SENSITIVE_HOSTS],
});

type Subject = Pick<Rule, 'kind' | 'host' | 'path' | 'pattern'>;

function subjectOf({ host: typedHost, path: typedPath, pattern }: RuleDraft): Result<Subject> {
  if (pattern !== undefined) {
    const parsed = parsePattern(pattern);
    return parsed.ok ? ok({ kind: 'pattern', host: '', pattern }) : parsed;
  }
  const host = parseRuleHost(typedHost);
  if (host === null) return fail('bad-host', 'That is not the name of a site. Type it like example.org.');
  if (typedPath === undefined) return ok({ host });
  const path = parseRulePath(typedPath);
  if (path === null)
    return fail(
      'bad-path',
      `That is not the beginning of a path. Type it like /account: up to ${RULE_LIMITS.path} characters, without ? and #.`,
    );
  if (host.endsWith('.*'))
    return fail('bad-host', 'A part of a site needs the full name of the site, like example.org.');
  return ok({ kind: 'path', host, path });
}

/** The rule that a draft makes of what there is: one for each subject, and setting it again replaces it. */
function withDraft(rules: readonly Rule[], draft: RuleDraft): Result<readonly [Rule, readonly Rule[]]> {
  const subject = subjectOf(draft);
  if (!subject.ok) return subject;
  const key = ruleKey({ id: '', ...subject.value });
  const before = rules.find((rule) => ruleKey(rule) === key);
  const others = rules.filter((rule) => rule !== before);
  if (
    subject.value.kind === 'pattern' &&
    others.filter(({ kind }) => kind === 'pattern').length >= RULE_LIMITS.patterns
  )
    return fail('too-many', `There are ${RULE_LIMITS.patterns} patterns. Remove one first.`);
  const { capture, level } = draft;
  const formerly =
    capture !== 'skip' ? undefined : before?.capture === 'skip' ? before.formerly : before?.capture;
  const rule: Rule = {
    id: before?.id ?? randomId(),
    ...subject.value,
    capture,
    ...(level === undefined ? {} : { level }),
    ...(formerly === undefined ? {} : { formerly }),
  };
  return ok([rule, [...others, rule]]);
}

export async function setRule(profile: Profile, draft: RuleDraft): Promise<Result<RulesAnswer>> {
  let failed: Result<never> | undefined;
  let set: Rule | undefined;
  await profile.change(({ rules }) => {
    const next = withDraft(rules, draft);
    if (!next.ok) {
      failed = next;
      return {};
    }
    const [rule, all] = next.value;
    set = rule;
    return { rules: all };
  });
  return failed ?? ok({ ...rulesAnswer(profile), ...(set ? { set: set.id } : {}) });
}

export const removeRule = (profile: Profile, id: string): Promise<void> =>
  profile.change(({ rules }) => ({ rules: rules.filter((rule) => rule.id !== id) }));

/** What a visit of an address would leave behind now, or with a rule that is not set yet. Nothing is stored. */
export async function tryRule(
  { settings, sensitive, clock }: Profile,
  typed: string,
  draft: RuleDraft | undefined,
): Promise<Result<RuleTrial>> {
  const text = typed.trim();
  const address = cleanAddress(text.includes('://') ? text : `https://${text}`);
  if (address === null)
    return fail(
      'bad-address',
      'That is not the address of a web page. Type it like https://example.org/page.',
    );
  const next =
    draft === undefined ? ok([undefined, settings.rules] as const) : withDraft(settings.rules, draft);
  if (!next.ok) return next;
  const [rule, rules] = next.value;
  const policy = { level: settings.level, rules };
  const { capture, level, skippedBy, rules: by } = treatmentOf(address, policy);
  const captured = captureNavigation(
    { url: address, title: 'Title of the page', atMs: clock.nowMs(), transition: 'link' },
    policy,
  );
  const { events } = await sensitive.redact(captured);
  return ok({
    address,
    capture,
    level,
    by,
    bySensitive: skippedBy === 'sensitive',
    ...(rule === undefined ? {} : { draft: rule.id }),
    events,
  });
}
