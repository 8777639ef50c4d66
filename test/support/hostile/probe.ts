/** What a page can find out about an extension. Both functions run in the page, so they use nothing from outside of them. */

/** Asks for each address in every way that a page has, and says what it saw, without the address itself. */
export async function probeResources(
  origin: string,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const plain = (text: unknown, url: string) =>
    String(text).replaceAll(url, 'URL').replaceAll(origin, 'ORIGIN');
  const within = (what: Promise<string>) =>
    Promise.race([what, new Promise<string>((resolve) => setTimeout(resolve, 10_000, 'nothing'))]);
  const element = (name: string, address: 'src' | 'href' | 'data', url: string, more: object = {}) =>
    new Promise<string>((resolve) => {
      const made = Object.assign(document.createElement(name), more);
      const end = (event: Event) => {
        const { naturalWidth, contentDocument, contentWindow, sheet } = made as unknown as Record<
          string,
          unknown
        >;
        const seen = [event.type, naturalWidth, contentDocument === null, sheet === null];
        const frames = (contentWindow as Window | undefined)?.length;
        made.remove();
        resolve([...seen, frames].join(' '));
      };
      made.addEventListener('load', end);
      made.addEventListener('error', end);
      (made as unknown as Record<string, string>)[address] = url;
      document.body.append(made);
    });
  const ways: Record<string, (url: string) => Promise<string>> = {
    fetch: (url) => fetch(url).then(({ status }) => String(status)),
    'fetch no-cors': (url) => fetch(url, { mode: 'no-cors' }).then(({ type }) => type),
    xhr: (url) =>
      new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.onloadend = () => resolve(`${request.status} ${request.responseText.length}`);
        request.open('GET', url);
        request.send();
      }),
    import: (url) => import(/* @vite-ignore */ url).then(() => 'imported'),
    worker: async (url) => String(new Worker(url)),
    image: (url) => element('img', 'src', url),
    script: (url) => element('script', 'src', url),
    module: (url) => element('script', 'src', url, { type: 'module' }),
    style: (url) => element('link', 'href', url, { rel: 'stylesheet' }),
    preload: (url) => element('link', 'href', url, { rel: 'preload', as: 'script' }),
    audio: (url) => element('audio', 'src', url),
    object: (url) => element('object', 'data', url),
    frame: (url) => element('iframe', 'src', url),
  };
  const seen: Record<string, string> = {};
  await Promise.all(
    paths.flatMap((path) =>
      Object.entries(ways).map(async ([way, ask]) => {
        const url = `${origin}/${path}`;
        const outcome = (async () => ask(url))().catch((error: unknown) => plain(error, url));
        seen[`${way} ${path}`] = await within(outcome);
      }),
    ),
  );
  return seen;
}

/** Before the page's own scripts: writes down what happens to the page besides what it does itself. */
export function watchPage(): void {
  const seen: string[] = [];
  (globalThis as unknown as { seen: string[] }).seen = seen;
  for (const name of ['message', 'error', 'securitypolicyviolation', 'unhandledrejection'])
    addEventListener(name, (event) => seen.push(`${name} ${(event as ErrorEvent).message ?? ''}`));
  new MutationObserver((records) => {
    for (const { type, target, attributeName, addedNodes } of records)
      seen.push(
        [type, target.nodeName, attributeName, [...addedNodes].map((node) => node.nodeName)].join(' '),
      );
  }).observe(document, { subtree: true, childList: true, attributes: true });
  for (const [owner, name] of [
    [EventTarget.prototype, 'addEventListener'],
    [Node.prototype, 'appendChild'],
    [Document.prototype, 'createElement'],
    [Element.prototype, 'getAttribute'],
  ] as const) {
    const original = (owner as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        seen.push(`called ${name}`);
        return original?.apply(this, args);
      },
    });
  }
}

/** All that a page can see of itself. */
export async function describePage(): Promise<Record<string, unknown>> {
  const names = (value: object) => Object.getOwnPropertyNames(value).sort();
  const classes = [
    Object,
    Array,
    Function,
    Promise,
    Event,
    EventTarget,
    Node,
    Element,
    Document,
    Window,
    Navigator,
  ];
  return {
    html: document.documentElement.outerHTML,
    window: names(window),
    document: names(document),
    navigator: names(navigator),
    classes: classes.map((one) => [one.name, names(one), names(one.prototype)]),
    natives: [fetch, setTimeout, history.pushState, JSON.stringify, Date.now].map(String),
    styles: [document.styleSheets.length, document.adoptedStyleSheets.length],
    loaded: performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .sort(),
    stored: [
      localStorage.length,
      document.cookie,
      (await indexedDB.databases()).length,
      document.documentElement.attributes.length,
    ],
    frames: window.length,
    style: [...getComputedStyle(document.documentElement)].length,
    stack: new Error('x').stack?.split('\n').length,
    seen: (globalThis as unknown as { seen: string[] }).seen,
  };
}
