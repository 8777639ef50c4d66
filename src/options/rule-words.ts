/** Rules in words. */
import type { RuleTrial } from '../messaging/answers.ts';
import type { NewEvent } from '../model/interaction.ts';
import { type Capture, kindOf, type Rule, type RuleKind } from '../model/rules.ts';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { exactTime } from '../ui/format.ts';

export const CAPTURE_WORDS: Readonly<Record<Capture, string>> = {
  skip: 'Record nothing',
  domain: 'Only the name of the site',
  'no-query': 'Addresses without their query',
  full: 'Everything',
};

export const KIND_WORDS: Readonly<Record<Exclude<RuleKind, 'unknown'>, string>> = {
  site: 'A site',
  path: 'A part of a site',
  pattern: 'Addresses that match a pattern',
};

/** What a rule is for. */
export function subjectText(rule: Rule): string {
  switch (kindOf(rule)) {
    case 'site':
      return rule.host;
    case 'path':
      return `${rule.host}${rule.path}`;
    case 'pattern':
      return `Pattern ${rule.pattern}`;
    case 'unknown':
      return rule.host === '' ? 'All sites' : rule.host;
  }
}

export const captureText = (rule: Rule): string =>
  rule.kind === 'unknown'
    ? 'Nothing: this rule comes from a newer version of ARQ Context. Update it here.'
    : CAPTURE_WORDS[rule.capture];

/** Who decides about the address of a trial. */
export function deciderText({ by, bySensitive, draft }: RuleTrial): string {
  if (bySensitive) return 'The list of sensitive sites decides: nothing is recorded there.';
  if (by.length === 0) return 'No rule is for this address. The level that holds everywhere decides.';
  const names = by.map((rule) => (rule.id === draft ? 'the rule that you are trying' : subjectText(rule)));
  return names.length === 1
    ? `This rule decides: ${names[0]}.`
    : `These rules decide, the stricter word of each: ${names.join('; ')}.`;
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  url: 'Address',
  title: 'Title',
  transition: 'How you came there',
  level: 'Level',
  atMs: 'Time',
  engine: 'Search engine',
  query: 'Words searched for',
  category: 'Sort of site',
};
const KIND_OF_EVENT: Readonly<Record<NewEvent['kind'], string>> = {
  visit: 'A visit',
  search: 'A search',
  click: 'A click',
  reduced: 'A count',
  'visit-update': 'A change',
};

export interface StoredText {
  readonly what: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Every field that would be stored. */
export const storedTexts = ({ events }: RuleTrial): StoredText[] =>
  events.map((event) => ({
    what: `${KIND_OF_EVENT[event.kind]}${'level' in event && event.level === 'ephemeral' ? ', in memory only' : ''}`,
    fields: Object.entries(event)
      .filter(([name, value]) => name in FIELD_WORDS && value !== '')
      .map(([name, value]) => [
        FIELD_WORDS[name] ?? name,
        name === 'atMs'
          ? exactTime(Number(value))
          : name === 'level'
            ? LEVEL_WORDS[event.kind === 'visit-update' ? 'private' : event.level].name
            : String(value),
      ]),
  }));
