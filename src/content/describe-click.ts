/** What a click was on: role, visible text, link target. Never the value of a field, never anything that forces layout. */

export interface Click {
  readonly role: string;
  readonly text: string;
  readonly target?: string;
}

const CLICKABLE =
  'a[href],button,summary,[role="button"],[role="link"],[role="tab"],[role="menuitem"],[role="option"],[role="switch"],[role="checkbox"],[role="radio"],input,select,label';

const MAX_TEXT = 80;
const INPUT_ROLES: Readonly<Record<string, string>> = {
  submit: 'button',
  button: 'button',
  reset: 'button',
  image: 'button',
  checkbox: 'checkbox',
  radio: 'radio',
};

/** `null` for a click on nothing that can be clicked, or on a field to type into. */
export function describeClick(target: EventTarget | null): Click | null {
  if (!(target instanceof Element)) return null;
  const element = target.closest(CLICKABLE);
  if (!element) return null;
  if (element instanceof HTMLInputElement) {
    const role = INPUT_ROLES[element.type];
    if (role === undefined) return null;
    // Only of buttons is the value what is shown; of anything else it is data.
    const text = role === 'button' ? label(element) || element.value : label(element);
    return { role, text: cut(text) };
  }
  if (element instanceof HTMLSelectElement) return { role: 'combobox', text: cut(label(element)) };
  const link = element.closest('a[href]');
  const href =
    link instanceof HTMLAnchorElement && /^https?:$/.test(link.protocol)
      ? link.href.slice(0, 4096).toWellFormed()
      : undefined;
  return {
    role:
      element.getAttribute('role') ?? (link ? 'link' : element.localName === 'label' ? 'label' : 'button'),
    text: cut(label(element) || visibleText(element)),
    ...(href === undefined ? {} : { target: href }),
  };
}

const label = (element: Element): string => element.getAttribute('aria-label') ?? '';

/** Text nodes up to the limit; leaves out fields, scripts and what people typed into editable parts. */
function visibleText(element: Element): string {
  let text = '';
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, (node) => {
    const parent = node.parentElement;
    return parent?.closest(
      'script,style,noscript,textarea,select,[contenteditable]:not([contenteditable="false"]),[hidden]',
    )
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT;
  });
  while (text.length < MAX_TEXT * 2 && walker.nextNode()) text += ` ${walker.currentNode.nodeValue ?? ''}`;
  return text;
}

const cut = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT).toWellFormed();
