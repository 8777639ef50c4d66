/**
 * Regular expressions of rules. They are matched by an engine whose time grows with the length of the address alone (RE2's, as
 * re2js has it): no pattern that a person types, or another device sends, can keep the worker busy.
 */
import { RE2JS, RE2JSException } from 're2js';
import { fail, ok, type Result } from '../base/result.ts';
import { RULE_LIMITS, type Rule } from '../model/rules.ts';

const MAX_KNOWN = 100;
/** `null`: does not hold. */
const known = new Map<string, RE2JS | null>();

function compiled(pattern: string): RE2JS | null {
  let found = known.get(pattern);
  if (found === undefined) {
    const parsed = parsePattern(pattern);
    found = parsed.ok ? parsed.value : null;
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(pattern, found);
  }
  return found;
}

/** The pattern, ready, or why it does not hold. */
export function parsePattern(pattern: string): Result<RE2JS> {
  if (pattern.length > RULE_LIMITS.pattern)
    return fail('bad-pattern', `A pattern may have ${RULE_LIMITS.pattern} characters at most.`);
  if (pattern.trim() === '') return fail('bad-pattern', 'Type a pattern, like /account/ or [?&]user=.');
  try {
    return ok(RE2JS.compile(pattern));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return fail('bad-pattern', `This pattern does not hold: ${reasonOf(error.message)}.`);
  }
}

function reasonOf(message: string): string {
  const reason = message.replace(/^error parsing regexp: /, '');
  if (/Perl syntax: `\(\?[=!<]/.test(reason)) return 'looking ahead or behind, like (?=…), is not supported';
  if (/invalid escape sequence: `\\[1-9]/.test(reason))
    return 'referring back to a group, like \\1, is not supported';
  return reason;
}

type Pattern = Pick<Rule, 'pattern'>;

/** Whether the engine of this version takes it: a newer one may take more. */
export const patternHolds = ({ pattern = '' }: Pattern): boolean => compiled(pattern) !== null;

/** Whether the address, as it may be kept (address.ts), has something that the pattern means. */
export const matchesPattern = ({ pattern = '' }: Pattern, address: string): boolean =>
  compiled(pattern)?.test(address) === true;
