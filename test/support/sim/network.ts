/** The way between the browsers and the service, with what can happen on it. */
import type { Lane, Loop } from './loop.ts';
import type { SimBrowser } from './sim-browser.ts';

export interface Weather {
  /** Shares of requests that never arrive; whose answer never comes; that arrive twice. */
  readonly lostRequests: number;
  readonly lostAnswers: number;
  readonly twice: number;
  /** Each way takes up to so many ms: what is asked later may arrive earlier. */
  readonly delayMs: number;
}
export const CALM: Weather = { lostRequests: 0, lostAnswers: 0, twice: 0, delayMs: 5 };

export class Network {
  weather: Weather = CALM;
  /** Devices whose network is off. */
  readonly off = new Set<SimBrowser>();
  onAnswer: (browser: SimBrowser, request: Request, answer: Response) => void = () => {};
  readonly hits = new Map<string, number>();
  readonly #service: Lane;
  /** A device's requests are numbered as they are sent; the newest that arrived. */
  #sent = 0;
  readonly #arrived = new Map<SimBrowser, number>();

  constructor(
    private readonly loop: Loop,
    private readonly send: (request: Request) => Response | Promise<Response>,
  ) {
    this.#service = loop.lane('service', undefined);
  }

  #hit(name: string): true {
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
    return true;
  }

  #happens(name: string, share: number): boolean {
    return share > 0 && this.loop.rng.chance(share) && this.#hit(name);
  }

  fetch(browser: SimBrowser, request: Request): Promise<Response> {
    const { loop, weather } = this;
    const { lane } = browser;
    const delay = () => loop.rng.below(weather.delayMs + 1);
    return new Promise<Response>((resolve, reject) => {
      const failed = () => reject(new TypeError('Failed to fetch'));
      request.signal.addEventListener('abort', () => reject(request.signal.reason));
      if (this.off.has(browser) && this.#hit('offline')) {
        loop.timer(lane, failed, delay());
        return;
      }
      if (this.#happens('lost request', weather.lostRequests)) {
        loop.timer(lane, failed, delay() + 50);
        return;
      }
      const copies = this.#happens('twice', weather.twice) ? [request.clone(), request] : [request];
      const isLost = this.#happens('lost answer', weather.lostAnswers);
      const n = ++this.#sent;
      for (const copy of copies)
        loop.timer(
          this.#service,
          () => {
            const newest = this.#arrived.get(browser) ?? 0;
            if (n < newest) this.#hit('overtaken');
            this.#arrived.set(browser, Math.max(n, newest));
            Promise.resolve(this.send(copy)).then(
              (answer) => {
                this.onAnswer(browser, request, answer);
                loop.timer(lane, isLost ? failed : () => resolve(answer), delay());
              },
              () => loop.timer(lane, failed, delay()),
            );
          },
          delay(),
        );
    });
  }
}
