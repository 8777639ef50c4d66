/** After so many minutes without the person a profile with a passphrase locks itself; 0 = only when the browser is closed. */
export const AUTO_LOCK_MINUTES = [5, 15, 60, 0] as const;
export type AutoLockMinutes = (typeof AUTO_LOCK_MINUTES)[number];
export const AUTO_LOCK_DEFAULT: AutoLockMinutes = 15;

/** Whether it would stay open longer without the person. */
export const locksLater = (minutes: AutoLockMinutes, than: AutoLockMinutes): boolean =>
  (minutes || Number.POSITIVE_INFINITY) > (than || Number.POSITIVE_INFINITY);
