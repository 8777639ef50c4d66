/** What a click was on: role, visible text, link target. Never the value of a field, never anything that forces layout. */

export interface Click {
  readonly role: string;
  readonly text: string;
  readonly target?: string;
}

// A link inside SVG may have its address in the xlink namespace.
const LINK = 'a[*|href],area[href]';
const CLICKABLE = `${LINK},button,summary,[role="button"],[role="link"],[role="tab"],[role="menuitem"],[role="option"],[role="switch"],[role="checkbox"],[role="radio"],input,select`;

const MAX_TEXT = 80;
const MAX_ROLE = 40;
const INPUT_ROLES: Readonly<Record<string, string>> = {
  submit: 'button',
  button: 'button',
  reset: 'button',
  image: 'button',
  checkbox: 'checkbox',
  radio: 'radio',
};

/**
 * `path` is the event's composed path, from the inside out: through open shadow roots, and through slots.
 * `null` for a click on nothing that can be clicked, or on a field to type into.
 */
export function describeClick(path: readonly EventTarget[]): Click | null {
  const elements = path.filter((node) => node instanceof Element);
  const at = elements.findIndex((element) => element.matches(CLICKABLE));
  const element = elements[at];
  // The browser clicks on what a label is for by itself: that click is the one that counts.
  const isLabel = (outer: Element) =>
    outer instanceof HTMLLabelElement && outer.control && outer.control !== element;
  if (!element || elements.slice(0, at).some(isLabel)) return null;
  if (element instanceof HTMLInputElement) {
    const role = INPUT_ROLES[element.type];
    if (role === undefined) return null;
    // Only of buttons is the value what is shown; of anything else it is data.
    const text = nameOf(element) || (role === 'button' ? element.value : '');
    return { role, text: cut(text, MAX_TEXT) };
  }
  if (element instanceof HTMLSelectElement) return { role: 'combobox', text: cut(nameOf(element), MAX_TEXT) };
  const link = elements.slice(at).find((outer) => outer.matches(LINK));
  const target = link && addressOf(link);
  return {
    role: cut(element.getAttribute('role') ?? (link ? 'link' : 'button'), MAX_ROLE),
    text: cut(nameOf(element) || textOf(element), MAX_TEXT),
    ...(target === undefined ? {} : { target }),
  };
}

function addressOf(link: Element): string | undefined {
  const { href } = link as HTMLAnchorElement | SVGAElement;
  const address = typeof href === 'string' ? href : URL.parse(href.baseVal, document.baseURI)?.href;
  return address && /^https?:/.test(address) ? address.slice(0, 4096).toWellFormed() : undefined;
}

const nameOf = (element: Element): string =>
  element.getAttribute('aria-label') ||
  [...((element as HTMLInputElement).labels ?? [])].map(visibleText).join(' ');

/** What is put into a component's slots belongs to its host. */
function textOf(element: Element): string {
  const text = visibleText(element);
  const root = element.getRootNode();
  return text.trim() === '' && root instanceof ShadowRoot ? visibleText(root.host) : text;
}

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

const cut = (text: string, max: number): string =>
  text.replace(/\s+/g, ' ').trim().slice(0, max).toWellFormed();
