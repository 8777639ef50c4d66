/** The privacy policy and consents, in words. */
import { PLUGIN_FIELDS } from '../model/plugins.ts';
import type { Consent, EncryptionLevel, PrivacyPolicy, Use } from '../model/privacy-policy.ts';
import { exactTime } from '../ui/format.ts';
import { fieldsText } from './plugin-words.ts';

const USE_WORDS: Readonly<Record<Use, string>> = {
  recording: 'Recording on this device',
  sync: 'Sync with your devices, through a service that cannot read it',
  plugin: 'Another extension reads records of level public',
};
const ENCRYPTION_WORDS: Readonly<Record<EncryptionLevel, string>> = {
  strong: 'Strong: while it is locked, nothing opens without your passphrase or passkey.',
  medium: "Medium: with this device's own key. A passphrase makes it strong.",
  none: 'None, because nothing new is stored: at level ephemeral it is in memory only. What was stored before stays encrypted.',
};

/** What the policy says, line by line. */
export const policyLines = (policy: PrivacyPolicy): readonly (readonly [name: string, text: string])[] => [
  ['Encryption', ENCRYPTION_WORDS[policy.encryption]],
  [
    'Kept for',
    policy.encryption === 'none'
      ? 'New records at most 60 minutes, in memory. What was stored before, until you delete it or its time is over.'
      : policy.retentionDays === null
        ? `Ever, until you delete it.${policy.autoDelete ? ' What has a time of its own, a level or a site, is deleted when that is over.' : ''}`
        : `${policy.retentionDays} days, then deleted by itself, but for files that you saved. A site that has a time of its own keeps to that.`,
  ],
  [
    'Identifiers',
    policy.anonymization
      ? 'Left out: only counts by the hour are kept.'
      : 'Kept where no rule says otherwise: the level decides.',
  ],
];

export const useText = ({ use }: Consent): string => USE_WORDS[use];

/** Of an extension: what it may read. */
export const termsText = ({ fields }: Consent): string =>
  fieldsText(PLUGIN_FIELDS.filter((field) => fields?.includes(field)));

export const givenText = ({ givenMs, untilMs }: Consent): string =>
  `${exactTime(givenMs)}${untilMs === undefined ? '' : `, until ${exactTime(untilMs)}`}`;

export const endedText = ({ withdrawnMs, untilMs }: Consent): string =>
  withdrawnMs === undefined
    ? 'In force'
    : `${withdrawnMs === untilMs ? 'Ran out' : 'Withdrawn'} ${exactTime(withdrawnMs)}`;

/** For a file that the person keeps. */
export const consentsFile = (policy: PrivacyPolicy, consents: readonly Consent[]): string =>
  `${JSON.stringify(
    {
      policy,
      consents: consents.map(({ givenMs, untilMs, withdrawnMs, ...rest }) => ({
        ...rest,
        given: new Date(givenMs).toISOString(),
        ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
        ...(withdrawnMs === undefined ? {} : { withdrawn: new Date(withdrawnMs).toISOString() }),
      })),
    },
    null,
    2,
  )}\n`;

/** What withdrawing does, for the question before it. */
export const WITHDRAWING: Readonly<Record<Use, { readonly title: string; readonly text: string }>> = {
  recording: {
    title: 'Stop recording?',
    text: 'Nothing more is recorded, and no extension gets answers. What is stored stays until you delete it. The popup asks for your consent again.',
  },
  sync: {
    title: 'Leave the sync account?',
    text: 'This device sends and receives nothing more. What is recorded here stays, and so does what your other devices and, sealed, the service have. To take it from the service, delete the account on the Sync tab instead.',
  },
  plugin: {
    title: 'Withdraw the access?',
    text: 'The extension gets no more answers. What it was told, it has.',
  },
};
