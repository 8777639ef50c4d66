import { query, requestAccess } from './arq.js';

const answer = document.querySelector('[data-testid=answer]');
const onClick = (name, ask) =>
  document.querySelector(`[data-testid=${name}]`).addEventListener('click', async () => show(await ask()));

/** Texts of pages are anybody's: `textContent`, never `innerHTML`. */
function show(told) {
  answer.textContent = told === null ? 'No answer.' : JSON.stringify(told, null, 2);
}

onClick('request', () =>
  requestAccess({
    name: 'ARQ Context sample',
    fields: ['host', 'title', 'searchQuery'],
    reason: 'Shows how an extension asks for public records. It sends them nowhere.',
  }),
);
onClick('access', () => query({ kind: 'access' }));
onClick('visits', () => query({ kind: 'visits', limit: 10 }));
onClick('searches', () => query({ kind: 'searches', limit: 10 }));

document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  show(await query({ kind: 'visits', words: event.target.elements.words.value }));
});
