/** Every route of the service, on one page. The service mounts exactly these; the client builds its paths from these. */
import type { ChannelId, Slot } from './ids.ts';

export const PATHS = {
  health: '/v1/health',
  limits: '/v1/limits',
  account: '/v1/account',
  devices: '/v1/devices',
  object: (slot: Slot | ':slot') => `/v1/o/${slot}`,
  batch: '/v1/batch',
  get: '/v1/get',
  changes: '/v1/changes',
  ticket: '/v1/ticket',
  socket: '/v1/ws',
  export: '/v1/export',
  pair: (channel: ChannelId | ':channel') => `/v1/pair/${channel}`,
  pairRequest: (channel: ChannelId | ':channel') => `/v1/pair/${channel}/request`,
  pairReply: (channel: ChannelId | ':channel') => `/v1/pair/${channel}/reply`,
} as const;
