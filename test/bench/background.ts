/** The background of the `bench` build: the real one, and beside it what the benchmark asks of our own engine. */
import './first-line.ts';
import '../../src/background/main.ts';
import browser from 'webextension-polyfill';
import { makeArq } from './arq.ts';
import { makeArqLive } from './arq-live.ts';
import { PORT_PREFIX, type Request } from './channel.ts';
import { serve } from './serve.ts';
import type { Subject } from './subject.ts';

function makeSubject(name: string): Subject {
  if (name === 'arq') return makeArq();
  if (name === 'arq-live') return makeArqLive();
  throw new Error(`The background has no subject called ${name}.`);
}

const run = serve(makeSubject);

// A port wakes the background as any event does. The extension's own listener refuses the port; its name is enough.
browser.runtime.onConnect.addListener((port) => {
  if (port.name.startsWith(PORT_PREFIX)) run(JSON.parse(port.name.slice(PORT_PREFIX.length)) as Request);
});
