/** Pages whose scripts turn the page, its frames or the language against whoever looks at it. */
import { expect } from 'vitest';
import { button, type HostilePage, run } from './hostile-page.ts';

const clicks = (records: Parameters<NonNullable<HostilePage['check']>>[0]) =>
  records.filter(({ kind }) => kind === 'click').map(({ text }) => text);

export const SCRIPTS: readonly HostilePage[] = [
  {
    name: 'pollution',
    // At once what a driver can live with; the rest when the button goes down, before the click.
    answer: () => `<title>Pollutedpage</title><script>
      for (const [name, value] of Object.entries({ type: 'erase.run', body: { target: { what: 'all' } }, text: 'CanaryPolluted1', role: 'CanaryPolluted1', nonce: 1, target: 'CanaryPolluted1' }))
        Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
      Element.prototype.getAttributeNames = () => ['CanaryPolluted1']; Document.prototype.createTreeWalker = () => ({});
      crypto.getRandomValues = (a) => a;
      Object.defineProperty(Event.prototype, 'isTrusted', { get: () => true });
      addEventListener('pointerdown', () => {
        Object.prototype.toJSON = () => ({ canary: 'CanaryPolluted1' }); Object.prototype.then = (f) => f('CanaryPolluted1');
        Array.prototype.toJSON = () => 'CanaryPolluted1';
        Array.prototype.findIndex = Array.prototype.filter = Array.prototype.slice = Array.prototype.map = () => ['CanaryPolluted1'];
        String.prototype.slice = String.prototype.replace = String.prototype.trim = () => 'CanaryPolluted1';
        Element.prototype.getAttribute = () => 'CanaryPolluted1'; Element.prototype.matches = () => true;
        Event.prototype.composedPath = () => []; JSON.stringify = () => 'CanaryPolluted1';
        Date.now = () => 0; performance.now = () => NaN; Promise.prototype.then = undefined;
        globalThis.AbortController = globalThis.setTimeout = undefined;
      }, true);
    </script>${button('press', 'Pollutedpress')}`,
    act: (page) => page.click('press'),
    never: ['CanaryPolluted1'],
    kept: ['Pollutedpage', 'Pollutedpress'],
  },
  {
    name: 'clobbered',
    answer: () => `<title>Clobbered</title>
      ${['addEventListener', 'createTreeWalker', 'baseURI', 'defaultView', 'body', 'title'].map((name) => `<img name="${name}" id="${name}" alt="">`).join('')}
      <form role="button" style="width:20em;height:6em">Formword
        ${['matches', 'closest', 'getAttribute', 'getRootNode', 'labels', 'parentElement', 'nodeValue', 'composedPath', 'href', 'baseURI', 'tagName'].map((name) => `<input type="hidden" name="${name}">`).join('')}
        ${button('press', 'Clobberedpress')}</form>`,
    // By a key: the driver of Chromium, too, asks the form by its own methods.
    act: async (page) => {
      await page.evaluate(`document.querySelector('button').focus()`);
      await page.press('Enter');
    },
    kept: ['Clobberedpress'],
  },
  {
    name: 'made-clicks',
    answer: () =>
      `<title>Madeclicks</title>${button('press', 'Madepress')}<a id="a" href="javascript:void 0">CanaryMade1</a><button id="b">CanaryMade2</button><label id="l">CanaryMade3 <input type="checkbox"></label>`,
    act: async (page) => {
      await page.click('press');
      await run(
        page,
        `for (let i = 0; i < 300; i++) { a.click(); b.click(); l.click();
           b.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, view: window, detail: 1 }));
           b.dispatchEvent(Object.create(new PointerEvent('click', { bubbles: true }), {}) instanceof Event ? new PointerEvent('click', { bubbles: true }) : 0); }`,
      );
    },
    never: ['CanaryMade1', 'CanaryMade2', 'CanaryMade3'],
    check: (records) => expect(clicks(records)).toEqual(['Madepress']),
  },
  {
    name: 'click-in-click',
    answer: () =>
      `<title>Chainedclicks</title>${button('press', 'Chainpress', `onclick="for (let i = 0; i < 2000; i++) document.querySelector('#b').click()"`)}<button id="b">CanaryChain1</button>`,
    act: (page) => page.click('press'),
    never: ['CanaryChain1'],
    check: (records) => expect(clicks(records)).toEqual(['Chainpress']),
  },
  {
    name: 'document-write',
    answer: () => '<title>Before</title>',
    act: async (page) => {
      await run(
        page,
        `document.open(); document.write(${JSON.stringify(`<title>Writtenpage</title>${button('press', 'Writtenpress')}`)}); document.close();`,
      );
      await page.click('press');
      await run(
        page,
        `document.documentElement.remove(); document.append(document.createElement('html'));
         document.documentElement.innerHTML = ${JSON.stringify(`<body>${button('again', 'Againpress')}</body>`)};`,
      );
      await page.click('again');
    },
    kept: ['Writtenpress', 'Againpress'],
  },
  {
    name: 'strict-policy',
    answer: () => ({
      headers: {
        'content-security-policy':
          "default-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; sandbox allow-scripts",
      },
      body: `<title>Strictpage</title>${button('press', 'Strictpress')}`,
    }),
    act: (page) => page.click('press'),
    kept: ['Strictpage', 'Strictpress'],
  },
  {
    name: 'frames',
    answer: ({ path, port }) => {
      const depth = Number(/\d+/.exec(path)?.[0] ?? 0);
      const inner =
        depth < 5
          ? `<iframe src="http://frame${depth}.hostile.example:${port}/${depth + 1}?token=CanaryFrameTok" style="width:90%;height:80%"></iframe>`
          : '<button style="width:100%;height:100%">CanaryFrameButton</button>';
      return depth === 0
        ? `<title>Outerpage</title><div data-testid="frame" style="height:20em">${inner.replace('style="', 'style="border:0;')}</div>`
        : `<title>CanaryFrameTitle ${depth}</title><style>body{margin:0;height:95vh}</style>${inner}`;
    },
    act: async (page) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await page.click('frame');
    },
    never: ['CanaryFrame'],
    kept: ['Outerpage'],
  },
  {
    name: 'sandboxed-frame',
    answer: () =>
      `<title>Sandboxhost</title><iframe data-testid="box" sandbox="allow-scripts allow-modals" style="width:20em;height:10em" srcdoc="&lt;title&gt;CanarySandbox1&lt;/title&gt;&lt;button style='width:100%;height:100%'&gt;CanarySandbox2&lt;/button&gt;&lt;script&gt;parent.postMessage({type:'event.click',body:{role:'button',text:'CanarySandbox3'}},'*')&lt;/script&gt;"></iframe>`,
    act: (page) => page.click('box'),
    never: ['CanarySandbox'],
    kept: ['Sandboxhost'],
  },
  {
    name: 'posted-messages',
    answer: () => '<title>Postedpage</title>',
    act: (page, { extensionOrigin }) =>
      run(
        page,
        `const said = [{ type: 'event.click', body: { role: 'button', text: 'CanaryPosted1', nonce: 'N'.repeat(22) } }, { type: 'erase.run', body: { target: { what: 'all' } } }, { type: 'event.page', body: {} }];
         for (const one of said) for (const to of ['*', location.origin, ${JSON.stringify(extensionOrigin)}]) try { window.postMessage(one, to); } catch {}
         for (const one of said) { document.dispatchEvent(new CustomEvent('message', { detail: one })); window.dispatchEvent(new MessageEvent('message', { data: one, origin: ${JSON.stringify(extensionOrigin)} })); new BroadcastChannel('live').postMessage(one); }
         for (const one of said) try { chrome.runtime.sendMessage(${JSON.stringify(extensionOrigin)}.split('/')[2], one); } catch {}
         for (const one of said) try { browser.runtime.sendMessage('context@arq.example', one); } catch {}`,
      ),
    never: ['CanaryPosted1'],
    kept: ['Postedpage'],
    drops: 0,
    check: (records) => expect(records).toHaveLength(1),
  },
  {
    name: 'service-worker',
    answer: ({ path }) => {
      if (path !== '/sw.js') return '<title>Workerhost</title>';
      const page = '<title>Workerpage CanaryWorkerTitle-is-no-secret</title>';
      return {
        headers: { 'content-type': 'text/javascript' },
        body: `addEventListener('install', () => skipWaiting()); addEventListener('activate', (e) => e.waitUntil(clients.claim()));
          addEventListener('fetch', (e) => { if (e.request.mode === 'navigate') e.respondWith(new Response(${JSON.stringify(page)}, { headers: { 'content-type': 'text/html' } })); });`,
      };
    },
    act: async (page, { port }) => {
      await run(
        page,
        `await navigator.serviceWorker.register('/sw.js'); await navigator.serviceWorker.ready;
        if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done));`,
      );
      await page.goto(`http://service-worker.hostile.example:${port}/offline?access_token=CanaryWorkerTok1`);
    },
    never: ['CanaryWorkerTok1'],
    kept: ['Workerpage', '/offline'],
  },
  {
    name: 'dialogs',
    answer: () => `<title>Dialogpage</title>${button('press', 'Dialogpress')}<script>
      addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = 'CanaryDialog'; });</script>`,
    act: async (page) => {
      await page.click('press');
      await run(
        page,
        `setTimeout(() => { alert('CanaryDialog'); confirm('CanaryDialog'); prompt('CanaryDialog', 'CanaryDialog'); }, 0);
        await new Promise((done) => setTimeout(done, 300));`,
      ).catch(() => {});
    },
    never: ['CanaryDialog'],
    kept: ['Dialogpress'],
  },
  {
    name: 'drawing',
    answer: () => ({
      headers: { 'content-type': 'image/svg+xml' },
      body: `<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" width="400" height="200"><title>Drawingtitle</title><a x:href="javascript:'CanarySvg1'"><rect width="400" height="90"/></a><a href="http://drawing.hostile.example/next?token=CanarySvg2"><text y="150" font-size="40">Drawingword</text></a></svg>`,
    }),
    never: ['CanarySvg'],
    kept: ['drawing.hostile.example'],
  },
  {
    name: 'prerender',
    answer: ({ path }) =>
      path === '/'
        ? `<title>Prerenderer</title><script type="speculationrules">{"prerender":[{"urls":["/ahead"],"eagerness":"immediate"}]}</script><link rel="prefetch" href="/ahead">`
        : '<title>CanaryAhead</title>',
    act: () => new Promise((resolve) => setTimeout(resolve, 700)),
    never: ['CanaryAhead', '/ahead'],
    kept: ['Prerenderer'],
  },
];
