import type { Brand } from '../base/brand.ts';
import { fromBase64Url } from '../base/bytes.ts';

/** 16 bytes as base64url: SHA-256("arq/account/1" ‖ genesis public key), first half. */
export type AccountId = Brand<string, 'AccountId'>;
/** 16 bytes as base64url: SHA-256(signing key ‖ key-agreement key), first half. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** 32 bytes as base64url: an HMAC that names an object and tells the service nothing. */
export type Slot = Brand<string, 'Slot'>;
/** 32 bytes as lower-case hex: SHA-256 of the body. */
export type Etag = Brand<string, 'Etag'>;
/** 16 bytes as base64url, chosen by the device that invites. */
export type ChannelId = Brand<string, 'ChannelId'>;

const isBytes = (text: string, length: number): boolean => fromBase64Url(text)?.length === length;

export const parseAccountId = (text: string): AccountId | null =>
  isBytes(text, 16) ? (text as AccountId) : null;
export const parseDeviceId = (text: string): DeviceId | null =>
  isBytes(text, 16) ? (text as DeviceId) : null;
export const parseSlot = (text: string): Slot | null => (isBytes(text, 32) ? (text as Slot) : null);
export const parseChannelId = (text: string): ChannelId | null =>
  isBytes(text, 16) ? (text as ChannelId) : null;
export const parseEtag = (text: string): Etag | null => (/^[0-9a-f]{64}$/.test(text) ? (text as Etag) : null);
