/** Functions that Firefox's driver runs inside a page. Each is self-contained: nothing from outside is there. */

/** Whether the first match is there and, when asked, has a box that can be seen. */
export function isVisible(selector: string, visible: boolean): boolean {
  const element = document.querySelector(selector);
  if (element === null) return false;
  return (
    !visible || (element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0)
  );
}

/** The centre of the nth match once it is enabled, stands still and has nothing over it; scrolls it into view. */
export async function findTarget(
  selector: string,
  nth: number,
): Promise<{ readonly x: number; readonly y: number } | null> {
  const element = document.querySelectorAll(selector)[nth];
  if (element === undefined || element.matches(':disabled')) return null;
  element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const before = element.getBoundingClientRect();
  // What comes in above it moves it away from under the pointer.
  await new Promise((resolve) => setTimeout(resolve, 40));
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.height === 0 || box.x !== before.x || box.y !== before.y) return null;
  const x = Math.floor(box.x + box.width / 2);
  const y = Math.floor(box.y + box.height / 2);
  const top = document.elementFromPoint(x, y);
  const isHit = top !== null && (element.contains(top) || top.closest('label')?.control === element);
  return isHit ? { x, y } : null;
}

/** From now on the page notes whether it is clicked. */
export function noteClick(): void {
  const noted = globalThis as { arqIsClicked?: boolean };
  noted.arqIsClicked = false;
  const note = () => {
    noted.arqIsClicked = true;
  };
  document.addEventListener('click', note, { capture: true, once: true });
}

/** Whether it was; also when it is another page since. */
export function wasClicked(): boolean {
  return (globalThis as { arqIsClicked?: boolean }).arqIsClicked !== false;
}

/** Sets the value as typing does: past any setter that a library put on the element, with `input` and `change`. */
export function fillField(selector: string, text: string): void {
  const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(selector);
  if (field === null) throw new Error(`${selector} is gone.`);
  field.focus();
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set;
  if (setter === undefined) throw new Error(`${selector} is no field.`);
  setter.call(field, text);
  field.dispatchEvent(
    new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertText', data: text }),
  );
  field.dispatchEvent(new Event('change', { bubbles: true }));
}

/** The visible texts of all matches, in document order. */
export function textsOf(selector: string): string[] {
  return Array.from(document.querySelectorAll<HTMLElement>(selector), (element) => element.innerText.trim());
}
