/** A device that makes records and uploads them is a process of its own; this is what it is asked. Times in ms. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

export interface Commands {
  /** Makes so many records, which is not measured. */
  fill: { readonly body: number; readonly answer: null };
  /** Brings all of it to the service at that address. `more`: what another device needs to get it. */
  upload: { readonly body: string; readonly answer: { readonly ms: number; readonly more: string } };
  /** Another code of the same account. */
  invite: { readonly body: null; readonly answer: string };
}
export type Device = {
  readonly [C in keyof Commands]: (body: Commands[C]['body']) => Promise<Commands[C]['answer']>;
};
type Name = keyof Commands;
interface Asked {
  readonly name: Name;
  readonly body: unknown;
}
type Answer = { readonly value: unknown } | { readonly error: string };

/** In the process of the device. */
export function serveDevice(device: Device): void {
  process.on('message', async ({ name, body }: Asked) => {
    const answer: Answer = await (device[name] as (body: unknown) => Promise<unknown>)(body).then(
      (value) => ({ value }),
      (error: Error) => ({ error: `${name}: ${error.stack}` }),
    );
    process.send?.(answer);
  });
}

export interface RemoteDevice extends Device {
  end(): void;
}

/** `script`: a file beside this one. */
export function startDevice(script: string, env: Readonly<Record<string, string>> = {}): RemoteDevice {
  const child = fork(join(import.meta.dirname, script), {
    execArgv: ['--import', 'tsx', '--max-old-space-size=6144'],
    env: { ...process.env, ...env },
  });
  const ask = <C extends Name>(name: C, body: Commands[C]['body']) =>
    new Promise<Commands[C]['answer']>((resolve, reject) => {
      const ended = () => reject(new Error(`${script} ended during ${name}`));
      child.once('exit', ended);
      child.once('message', (answer: Answer) => {
        child.off('exit', ended);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.value as Commands[C]['answer']);
      });
      child.send({ name, body } satisfies Asked);
    });
  return {
    fill: (body) => ask('fill', body),
    upload: (body) => ask('upload', body),
    invite: (body) => ask('invite', body),
    end: () => void child.kill(),
  };
}
