/** The bench page's side of channel.ts. */
import { CHANNEL, type Message, type Request } from './channel.ts';
import type { Answer, CommandName } from './commands.ts';
import type { SamplePage } from './page-pool.ts';

export class Caller {
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #waiting = new Map<number, (message: Message) => void>();
  #next = 1;
  pages: readonly SamplePage[] = [];

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.is === 'need pages') this.#channel.postMessage({ is: 'pages', pages: this.pages });
      else if (data.is !== 'pages') this.#waiting.get(data.id)?.(data);
    };
  }

  /** @throws Error with what went wrong on the other side. */
  call<C extends CommandName>(
    send: (request: Request<C>) => void,
    request: Omit<Request<C>, 'id'>,
  ): Promise<Answer<C>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (message) => {
        this.#waiting.delete(id);
        if (message.is === 'answer') resolve(message.answer as Answer<C>);
        else if (message.is === 'failure') reject(new Error(message.sentence));
      });
      send({ ...request, id });
    });
  }
}
