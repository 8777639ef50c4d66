/**
 * How the bench page talks to the worker that holds a subject. Answers come over a BroadcastChannel, which reaches
 * dedicated workers and the extension's background alike; requests go the way that starts the other side (a message to a
 * new worker; the name of a port to the background, whose own router then lets go of the port).
 */
import type { Answer, Body, CommandName } from './commands.ts';
import type { SamplePage } from './page-pool.ts';

export interface Request<C extends CommandName = CommandName> {
  readonly id: number;
  readonly subject: string;
  readonly command: C;
  readonly body: Body<C>;
}

export type Message =
  | { readonly is: 'answer'; readonly id: number; readonly answer: Answer<CommandName> }
  | { readonly is: 'failure'; readonly id: number; readonly sentence: string }
  | { readonly is: 'need pages' }
  | { readonly is: 'pages'; readonly pages: readonly SamplePage[] };

export const CHANNEL = 'arq-bench';
/** Starts the name of a port that carries a request. */
export const PORT_PREFIX = 'arq-bench:';
