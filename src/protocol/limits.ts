/**
 * The limits of the sync service. The service publishes its own at `GET /v1/limits`; a client obeys the smaller of the
 * two and never lets the service raise these.
 */
export interface Limits {
  readonly bodyBytes: number;
  readonly requestBytes: number;
  readonly batchOps: number;
  readonly getSlots: number;
  readonly changesPage: number;
  readonly waitSeconds: number;
  readonly objects: number;
  readonly accountBytes: number;
  readonly devices: number;
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly longPollsPerDevice: number;
  readonly socketsPerDevice: number;
  readonly pairChannelsPerHour: number;
  readonly pairMessageBytes: number;
  readonly pairSeconds: number;
  readonly skewSeconds: number;
  readonly accountsPerHour: number;
  readonly epochs: number;
}

export const LIMITS: Limits = {
  /** One object body. */
  bodyBytes: 512 * 1024,
  /** One request, whole. */
  requestBytes: 1024 * 1024,
  batchOps: 100,
  getSlots: 100,
  changesPage: 500,
  waitSeconds: 25,
  objects: 200_000,
  /** 5 GB of interactions and what comes with them. */
  accountBytes: 6 * 1024 ** 3,
  devices: 16,
  requestsPerSecond: 10,
  requestBurst: 50,
  longPollsPerDevice: 2,
  socketsPerDevice: 2,
  pairChannelsPerHour: 10,
  pairMessageBytes: 16 * 1024,
  /** A pairing code lives for five minutes. */
  pairSeconds: 300,
  /** A signature older, or further in the future, is refused (both ways, see RFC 9421 §7.2.2). */
  skewSeconds: 120,
  /** New accounts from one address. */
  accountsPerHour: 60,
  /** Master keys of one account, one after another. */
  epochs: 600,
};
