/** Pages whose titles, labels and fields hold what must not be kept, or what would do harm where it is shown. */
import { expect } from 'vitest';
import { button, type HostilePage, run } from './hostile-page.ts';

const CARD = '4111 1111 1111 1111';
const BARE_CARD = '4111111111111111';
const IBAN = 'DE89 3704 0044 0532 0130 00';
const SECRET = 'CanaryPw-x9Kq2vLm';

/** Puts a field into a shadow tree, with the secret in it, and a button beside it. */
const shadow = (mode: 'open' | 'closed') => `
  <div data-testid="field" style="width:12em;height:3em"></div><div data-testid="show" style="width:12em;height:3em"></div>
  <script>
    const [field, show] = [...document.querySelectorAll('div')].map((host) => host.attachShadow({ mode: '${mode}' }));
    field.innerHTML = '<input type="password" aria-label="Password" style="width:100%;height:100%" value="${SECRET}">';
    show.innerHTML = '<button style="width:100%;height:100%">Showword<input type="password" value="${SECRET}" hidden></button>';
    show.firstChild.onclick = () => { field.firstChild.type = 'text'; field.firstChild.setAttribute('role', 'button'); };
  </script>`;

export const WORDS: readonly HostilePage[] = [
  {
    name: 'giant-title',
    answer: () => '<title>Gianttitle</title>',
    act: (page) => run(page, `document.title = 'Gianttitle ' + 'x'.repeat(1_000_000) + ' CanaryGiantEnd';`),
    never: ['CanaryGiantEnd'],
    kept: ['Gianttitle'],
    check: (records) =>
      expect(Math.max(...records.map(({ title = '' }) => title.length))).toBeLessThanOrEqual(500),
  },
  {
    name: 'title-storm',
    answer: () => '<title>Stormtitle</title>',
    act: (page) =>
      run(
        page,
        `let n = 0; const timer = setInterval(() => { document.title = 'Stormtitle ' + ++n; }, 1);
         await new Promise((done) => setTimeout(done, 1500)); clearInterval(timer);`,
      ),
    kept: ['Stormtitle'],
    check: (records) => expect(records).toHaveLength(1),
  },
  {
    name: 'markup-title',
    answer: () => `<title>Markupword</title>${button('press', 'x')}`,
    act: async (page) => {
      await run(
        page,
        `const bad = '<img src=x onerror="globalThis.canaryRan=1"><script>globalThis.canaryRan=1</scr' + 'ipt>';
         document.title = '=HYPERLINK("http://evil.example","Markupword") ' + bad + ' \\u202egnitirw\\u202c \\u0000\\u0007 @SUM(1)';
         document.querySelector('button').textContent = '+1-1|calc ' + bad;`,
      );
      await page.click('press');
    },
    kept: ['Markupword'],
  },
  {
    name: 'sensitive-title',
    answer: () => `<title>Pay with ${CARD} or ${IBAN}, password: ${SECRET}</title>`,
    never: [CARD, BARE_CARD, IBAN, IBAN.replaceAll(' ', ''), SECRET],
    kept: ['Pay with'],
  },
  {
    name: 'shadow-open',
    answer: () => `<title>Shadowopen</title>${shadow('open')}`,
    act: pressShadow,
    never: [SECRET],
    kept: ['Showword'],
  },
  {
    name: 'shadow-closed',
    answer: () => `<title>Shadowclosed</title>${shadow('closed')}`,
    act: pressShadow,
    never: [SECRET],
  },
  {
    name: 'card-form',
    answer: () => `<title>Cardform</title><form onsubmit="return false">
      <label data-testid="label">Card <input data-testid="number" autocomplete="cc-number" value="${CARD}"></label>
      <input data-testid="code" autocomplete="cc-csc" value="737" aria-label="Security code 737">
      <input data-testid="bare" type="text" value="${BARE_CARD}">
      ${button('pay', 'Pay', `aria-label="Pay with card ${CARD}"`)}
      <input data-testid="submit" type="submit" value="Charge ${BARE_CARD} now"></form>`,
    act: async (page) => {
      for (const target of ['label', 'number', 'code', 'bare', 'pay', 'submit']) await page.click(target);
    },
    never: [CARD, BARE_CARD],
    kept: ['Cardform', 'Charge'],
  },
  {
    name: 'one-time-code',
    answer: () => `<title>482913 is your verification code</title>
      <input data-testid="otp" autocomplete="one-time-code" value="482913">${button('copy', 'Your code is 482913')}`,
    act: async (page) => {
      await page.click('otp');
      await page.click('copy');
    },
    never: ['482913'],
    kept: ['is your verification code'],
  },
  {
    name: 'unmasked-password',
    answer: () => `<title>Unmasked</title><form onsubmit="return false">
      <input data-testid="pw" type="password" value="${SECRET}">${button('eye', 'Eyeword', `onclick="document.querySelector('input').type='text'"`)}
      <input data-testid="late" type="hidden"></form>`,
    act: async (page) => {
      await page.click('pw');
      await page.click('eye');
      await page.click('pw');
      await page.press('a');
      await run(page, `document.querySelector('input').setAttribute('role', 'button');`);
      await page.click('pw');
    },
    never: [SECRET],
    kept: ['Eyeword'],
  },
  {
    name: 'typed-text',
    answer: () => `<title>Typedtext</title>
      <div role="button" tabindex="0" data-testid="box" style="width:20em">Boxword <span contenteditable="true">${SECRET}</span>
        <textarea>${SECRET}</textarea><select><option>${SECRET}</option></select></div>
      <div contenteditable="true" data-testid="edit" role="button">${SECRET}</div>`,
    act: async (page) => {
      await run(page, `document.querySelector('[role=button]').click();`);
      await page.click('edit');
      await page.evaluate(`document.querySelector('[data-testid=box]').focus()`);
      await page.press('Enter');
    },
    never: [SECRET],
    kept: ['Typedtext'],
  },
  {
    name: 'sensitive-labels',
    answer: () => `<title>Labels</title>
      <p><label data-testid="pin"><input type="checkbox"> PIN: 4829</label></p>
      <p><label data-testid="iban"><input type="radio"> Account ${IBAN}</label></p>
      <p>${button('key', `Copy key sk_${'live'}_4eC39HqLyjWDarjtT1zdp7dc`)}</p>
      <p>${button('pw', `Password: ${SECRET}`)}</p>
      <p><select data-testid="choice" aria-label="Password: ${SECRET}"><option>Optionword</option></select></p>`,
    act: async (page) => {
      for (const target of ['pin', 'iban', 'key', 'pw']) await page.click(target);
    },
    never: [IBAN, IBAN.replaceAll(' ', ''), '4eC39HqLyjWDarjtT1zdp7dc', SECRET],
    kept: ['Copy key'],
  },
  {
    name: 'giant-labels',
    answer: () => `<title>Giantlabels</title>${button('press', '')}`,
    act: async (page) => {
      await run(
        page,
        `const one = document.querySelector('button');
         one.textContent = 'Giantlabel ' + 'y'.repeat(200_000) + 'CanaryLabelEnd';
         one.style.cssText += ';width:9em;height:2em;overflow:hidden;contain:strict;position:fixed;top:0;left:0';
         one.setAttribute('role', 'button ' + 'r'.repeat(100_000));
         let inner = one; for (let i = 0; i < 400; i++) inner = inner.appendChild(document.createElement('span'));
         const many = document.createElement('div'); many.style.display = 'none';
         for (let i = 0; i < 3_000; i++) { const b = document.createElement('button'); b.textContent = 'Many ' + i; many.append(b); }
         document.body.append(many);`,
      );
      await page.click('press');
    },
    never: ['CanaryLabelEnd'],
    kept: ['Giantlabel'],
    check: (records) => {
      for (const { text = '', role = '' } of records)
        expect([text.length <= 80, role.length <= 40]).toEqual([true, true]);
    },
  },
];

async function pressShadow(page: Parameters<NonNullable<HostilePage['act']>>[0]): Promise<void> {
  await page.click('field');
  await page.press('b');
  await page.click('show');
  await page.click('field');
}
