/** The service as the process that an operator starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const START_MS = 20_000;

export interface ProcessOptions {
  /** `ARQ_…` settings; none is taken over from the tests' own environment. */
  readonly settings: Readonly<Record<string, string>>;
  /** Runs as this user, which only root may ask for. */
  readonly uid?: number;
  readonly args?: readonly string[];
}

export interface ServiceProcess {
  readonly url: string;
  stdout(): string;
  stderr(): string;
  /** Sends a signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

function launch({ settings, uid, args = [] }: ProcessOptions): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(ARQ_|NODE_|VITEST)/.test(name));
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/src/main.ts', ...args], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    // `close` comes after the last output, `exit` may come before.
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, output, ended };
}

/** Resolves when the process says where it listens. @throws Error with what it said when it ended instead. */
export async function startProcess(options: ProcessOptions): Promise<ServiceProcess> {
  const { child, output, ended } = launch(options);
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not started after ${START_MS} ms: ${output.stderr}`));
    }, START_MS);
    child.stdout?.on('data', () => {
      const found = / on (http:\S+), data in .*\n/.exec(output.stdout)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
    ended.then(({ code, stderr }) => {
      clearTimeout(late);
      reject(new Error(`ended with ${code}: ${stderr}`));
    }, reject);
  });
  return {
    url,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** For a process that is expected to end by itself; one that does not is ended after a while. */
export async function runToEnd(options: ProcessOptions): Promise<Ended> {
  const { child, ended } = launch(options);
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS);
  return ended.finally(() => clearTimeout(late));
}
