/** The worker's side of channel.ts. */
import { CHANNEL, type Message, type Request } from './channel.ts';
import { type Answer, type CommandName, createRunner, type Runner } from './commands.ts';
import type { SamplePage } from './page-pool.ts';
import type { Subject } from './subject.ts';

/** One subject for each name, made when it is first asked for. */
export function serve(makeSubject: (name: string) => Subject): (request: Request) => void {
  const channel = new BroadcastChannel(CHANNEL);
  const post = (message: Message) => channel.postMessage(message);
  const pages = () =>
    new Promise<readonly SamplePage[]>((resolve) => {
      channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
        if (data.is === 'pages') resolve(data.pages);
      });
      post({ is: 'need pages' });
    });
  const runners = new Map<string, Runner>();
  const run = async ({ id, subject, command, body }: Request) => {
    try {
      const runner = runners.get(subject) ?? createRunner(makeSubject(subject), pages);
      runners.set(subject, runner);
      const work = runner[command] as (body: unknown) => Promise<Answer<CommandName>>;
      post({ is: 'answer', id, answer: await work(body) });
    } catch (error) {
      const { name, message, stack } = error as Error;
      post({ is: 'failure', id, sentence: `${subject}, ${command}: ${name}: ${message}\n${stack}` });
    }
  };
  return (request) => void run(request);
}
