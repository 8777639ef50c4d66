/** The way between one device and the service in this process, with everything that can go wrong on it. */
import type { InProcess } from '../../server/test/support/in-process.ts';

/** `lost-request`: never arrives. `lost-answer`: is done, but nobody hears. `twice`: arrives twice. `stopped`: never returns. */
export type Fate = 'ok' | 'lost-request' | 'lost-answer' | 'twice' | 'stopped';

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

export class TestNetwork {
  /** Every request since the last `forget`. */
  readonly sent: Sent[] = [];
  /** For the how-manieth request since the last `forget`, from 0. */
  fate: (index: number, request: Request) => Fate = () => 'ok';
  onStopped: () => void = () => {};
  /** Puts another answer in the place of the service's. */
  tamper: ((request: Request, answer: Response) => Promise<Response> | Response) | undefined;

  constructor(private readonly service: InProcess) {}

  down(): void {
    this.fate = () => 'lost-request';
  }

  up(): void {
    this.fate = () => 'ok';
    this.tamper = undefined;
  }

  forget(): void {
    this.sent.length = 0;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const index = this.sent.length;
    const { pathname, search } = new URL(request.url);
    this.sent.push({ method: request.method, path: `${pathname}${search}`, body });
    const fate = this.fate(index, request);
    if (fate === 'stopped') {
      this.onStopped();
      return new Promise(() => {});
    }
    if (fate === 'lost-request') throw new TypeError('Failed to fetch');
    const again = fate === 'twice' ? request.clone() : undefined;
    const answer = await this.service.send(request);
    if (again) await this.service.send(again);
    if (fate === 'lost-answer') throw new TypeError('Failed to fetch');
    return this.tamper ? this.tamper(request, answer) : answer;
  };
}
