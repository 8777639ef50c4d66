/**
 * A connection to Firefox over WebDriver BiDi (W3C): commands with answers, one JSON message each way. Written out
 * because the libraries wait for a load event that Firefox does not report for extension pages, and hide the browser's
 * own (chrome) scope, in which a background can be stopped.
 */
import WebSocket from 'ws';
import { within } from './wait-for.ts';

export interface Bidi {
  /** @throws Error with the browser's reason, or when no answer comes within `timeoutMs` (default 30,000). */
  send(method: string, params?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<Json>;
  disconnect(): void;
}

export type Json = { readonly [name: string]: JsonValue };
export type JsonValue = string | number | boolean | null | undefined | Json | readonly JsonValue[];

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

export async function connectBidi(address: string): Promise<Bidi> {
  const socket = new WebSocket(`${address}/session`, { maxPayload: 256 * 1024 * 1024 });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as {
      id?: number;
      type: string;
      result?: Json;
      error?: string;
      message?: string;
    };
    // Without an id it is an event; none is subscribed to.
    const command = message.id === undefined ? undefined : waiting.get(message.id);
    if (command === undefined) return;
    if (message.id !== undefined) waiting.delete(message.id);
    if (message.type === 'success') command.resolve(message.result ?? {});
    else command.reject(new Error(`${message.error}: ${message.message}`));
  });
  socket.on('close', () => {
    for (const command of waiting.values()) command.reject(new Error('Firefox closed the connection.'));
    waiting.clear();
  });
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));
  // After this an error is always followed by `close`, which rejects what waits.
  socket.on('error', () => {});

  const send: Bidi['send'] = (method, params = {}, timeoutMs = 30_000) => {
    if (socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error(`Firefox is gone: ${method} was not sent.`));
    const id = ++lastId;
    const answer = new Promise<Json>((resolve, reject) => waiting.set(id, { resolve, reject }));
    socket.send(JSON.stringify({ id, method, params }));
    return within(timeoutMs, `Firefox did not answer ${method}`, answer);
  };
  // The first answer comes when the browser has started: as long as its address may take (firefox-process.ts).
  await send('session.new', { capabilities: {} }, 60_000);
  return { send, disconnect: () => socket.terminate() };
}

/**
 * Evaluates an expression in a tab (or in the browser's own window) and returns the string that it resolves to.
 * @throws Error with the page's own message when the expression throws.
 */
export async function evaluateString(
  bidi: Bidi,
  context: string,
  expression: string,
  timeoutMs?: number,
): Promise<string | undefined> {
  const params = { expression, target: { context }, awaitPromise: true, resultOwnership: 'none' };
  const answer = (await bidi.send('script.evaluate', params, timeoutMs)) as {
    type: string;
    result?: { value?: string };
    exceptionDetails?: { text: string };
  };
  if (answer.type === 'exception')
    throw new Error(answer.exceptionDetails?.text ?? 'The script failed without a message.');
  return answer.result?.value;
}
