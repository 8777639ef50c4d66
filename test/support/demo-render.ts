/** The demo pages as HTML. */
import { APP_PAGES, type DemoClick, type DemoPage, pageAfter } from './demo-pages.ts';

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const STYLE =
  'body{font:16px/1.5 sans-serif;max-width:40em;margin:2em auto;padding:0 1em}button,a,input{margin:.3em;padding:.4em}';

const wrap = (title: string, body: string, head = ''): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8">${head}<title>${escapeHtml(title)}</title><style>${STYLE}</style>${body}</html>`;

function clickable({ testid, role, text }: DemoClick, href: string): string {
  return role === 'button'
    ? `<button type="button" data-testid="${testid}">${escapeHtml(text)}</button>`
    : `<a data-testid="${testid}" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;
}

/** A page that no list knows: its path is all there is to it. */
export const renderPlain = (path: string): string =>
  wrap(
    `Plain ${path}`,
    '<h1 data-testid="heading">Plain page</h1><button data-testid="button">Plain button</button>',
  );

export function renderPage(page: DemoPage, port: number): string {
  const next = pageAfter(page);
  const clicks = page.clicks.map((click) => clickable(click, `http://${next.host}:${port}${next.path}`));
  const heading = `<h1 data-testid="heading">${escapeHtml(page.title.slice(0, 80))}</h1><p>Text that nothing records: ${page.bodyWord}.</p>`;
  switch (page.kind) {
    case 'redirect-meta':
      return wrap(page.title, heading, `<meta http-equiv="refresh" content="0;url=${page.leadsTo}">`);
    case 'redirect-script':
      return wrap(page.title, `${heading}<script>location.replace(${JSON.stringify(page.leadsTo)})</script>`);
    case 'login':
    case 'payment':
      return wrap(page.title, `${heading}${form(page)}`);
    case 'app':
      return wrap(page.title, app());
    case 'opener':
      return wrap(page.title, `${heading}${opener(page)}`);
    default:
      return wrap(page.title, `${heading}${clicks.join('\n')}`);
  }
}

/** Forms that lead nowhere. What is typed into them must not be found anywhere afterwards. */
function form(page: DemoPage): string {
  const fields =
    page.kind === 'login'
      ? '<input name="user" autocomplete="username" data-testid="user"><input type="password" name="password" data-testid="password">'
      : '<input name="card" autocomplete="cc-number" inputmode="numeric" data-testid="card"><input name="cvc" autocomplete="cc-csc" data-testid="cvc">';
  const text = escapeHtml(page.clicks[0]?.text ?? 'Send');
  return `<form onsubmit="event.preventDefault();document.querySelector('h1').textContent='Sent'">${fields}<button data-testid="submit">${text}</button></form>`;
}

function opener(page: DemoPage): string {
  const target = pageAfter(page).path;
  const [first, second] = page.clicks;
  return `<button data-testid="open-window" onclick="window.open('${target}')">${first?.text}</button>
    <a data-testid="open-tab" target="_blank" rel="opener" href="${target}">${second?.text}</a>`;
}

/** One document for all routes: it draws what the address says, and changes it with the history interface only. */
function app(): string {
  const routes = APP_PAGES.map(({ path, title, clicks }) => ({ path, title, clicks }));
  return `<main></main><script>
    const routes = ${JSON.stringify(routes).replaceAll('<', '\\u003c')};
    const ways = { 'go-push': ['pushState', 1], 'go-replace': ['replaceState', 2], 'go-link': ['pushState', 3] };
    function draw() {
      const here = routes.find((route) => route.path === location.pathname + location.hash) ?? routes[0];
      document.title = here.title;
      const main = document.querySelector('main');
      main.replaceChildren();
      const heading = main.appendChild(document.createElement('h1'));
      heading.dataset.testid = 'heading';
      heading.textContent = here.title;
      for (const { testid, role, text } of here.clicks) {
        const element = main.appendChild(document.createElement(role === 'link' ? 'a' : 'button'));
        element.dataset.testid = testid;
        element.textContent = text;
        const [method, index] = ways[testid];
        if (role === 'link') element.href = routes[index].path;
        element.addEventListener('click', (event) => {
          event.preventDefault();
          history[method](null, '', routes[index].path);
          draw();
        });
      }
    }
    addEventListener('popstate', draw);
    draw();
  </script>`;
}
