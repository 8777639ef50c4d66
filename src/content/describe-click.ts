/** What a click was on: role, visible text, link target. Never the value of a field, never anything that forces layout. */

export interface Click {
  readonly role: string;
  readonly text: string;
  readonly target?: string;
}

// A link inside SVG may have its address in the xlink namespace.
const LINK = 'a[*|href],area[href]';
const CLICKABLE = `${LINK},button,summary,[role="button"],[role="link"],[role="tab"],[role="menuitem"],[role="option"],[role="switch"],[role="checkbox"],[role="radio"],input,select`;

/**
 * Pages can name a field `matches`, and then `form.matches` is that field, in our world too; `document` is as forgetful. So
 * whatever may be a form, and the document, is asked by the methods of its class.
 */
const { matches, closest, getAttribute } = Element.prototype;
const { getRootNode } = Node.prototype;
const { createTreeWalker } = Document.prototype;
const isA = (element: Element, selector: string): boolean => matches.call(element, selector);

const MAX_TEXT = 80;
const MAX_LABELS = 10;
/** Of a name or a node, before spaces are taken together. */
const MAX_READ = 10_000;
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
  const at = elements.findIndex((element) => isA(element, CLICKABLE));
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
  const link = elements.slice(at).find((outer) => isA(outer, LINK));
  const target = link && addressOf(link);
  return {
    role: cut(getAttribute.call(element, 'role') ?? (link ? 'link' : 'button'), MAX_ROLE),
    text: cut(nameOf(element) || textOf(element), MAX_TEXT),
    ...(target === undefined ? {} : { target }),
  };
}

function addressOf(link: Element): string | undefined {
  const { href } = link as HTMLAnchorElement | SVGAElement;
  const address = typeof href === 'string' ? href : URL.parse(href.baseVal, link.baseURI)?.href;
  return address && /^https?:/.test(address) ? address.slice(0, 4096).toWellFormed() : undefined;
}

function nameOf(element: Element): string {
  const { labels } = element as HTMLInputElement;
  return (
    getAttribute.call(element, 'aria-label') ||
    (labels instanceof NodeList ? [...labels].slice(0, MAX_LABELS) : []).map(visibleText).join(' ')
  );
}

/** What is put into a component's slots belongs to its host. */
function textOf(element: Element): string {
  const text = visibleText(element);
  const root = getRootNode.call(element);
  return text.trim() === '' && root instanceof ShadowRoot ? visibleText(root.host) : text;
}

/** Text nodes up to the limit; leaves out fields, scripts and what people typed into editable parts. */
function visibleText(element: Element): string {
  let text = '';
  const walker = createTreeWalker.call(document, element, NodeFilter.SHOW_TEXT, (node) => {
    const parent = node.parentElement;
    return parent &&
      closest.call(
        parent,
        'script,style,noscript,textarea,select,[contenteditable]:not([contenteditable="false"]),[hidden]',
      )
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT;
  });
  while (text.length < MAX_TEXT * 2 && walker.nextNode())
    text += ` ${walker.currentNode.nodeValue?.slice(0, MAX_READ) ?? ''}`;
  return text;
}

const cut = (text: string, max: number): string =>
  text.slice(0, MAX_READ).replace(/\s+/g, ' ').trim().slice(0, max).toWellFormed();
