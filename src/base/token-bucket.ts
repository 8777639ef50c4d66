/** A token bucket: `perSecond` on average, `burst` at once. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;

  constructor(
    private readonly nowMs: () => number,
    private readonly perSecond: number,
    private readonly burst = perSecond,
  ) {
    this.#tokens = burst;
    this.#atMs = nowMs();
  }

  /** False when there is none left. */
  take(): boolean {
    const nowMs = this.nowMs();
    // A clock that was set back adds nothing.
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#tokens = Math.min(this.burst, this.#tokens + seconds * this.perSecond);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
