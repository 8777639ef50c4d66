import type { Transition } from '../model/interaction.ts';

/** The browsers' transition types in our words (Chromium and Firefox share the names). */
export function transitionOf(type: string, qualifiers: readonly string[]): Transition {
  if (qualifiers.includes('forward_back')) return 'history';
  switch (type) {
    case 'link':
    case 'manual_subframe':
      return 'link';
    case 'typed':
    case 'generated':
    case 'keyword':
      return 'typed';
    case 'auto_bookmark':
      return 'bookmark';
    case 'form_submit':
      return 'form';
    case 'reload':
      return 'reload';
    default:
      return 'other';
  }
}
