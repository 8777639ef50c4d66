import { expect, it } from 'vitest';
import { withOneBundle } from '../../../scripts/popup-bundle.ts';

it('the popup loads one script and one style sheet', () => {
  const { page, replaced } = withOneBundle(`<!doctype html>
<html lang="en">
  <head>
    <title>Popup</title>
    <script type="module" crossorigin src="/assets/main-a.js"></script>
    <link rel="modulepreload" crossorigin href="/assets/shared-b.js">
    <link rel="stylesheet" crossorigin href="/assets/base-c.css">
    <link rel="stylesheet" crossorigin href="/assets/popup-d.css">
  </head>
  <body><div id="app"></div></body>
</html>`);
  expect(page.match(/<(link|script)[^>]*>/g)).toEqual([
    '<link rel="stylesheet" href="/popup.css" />',
    '<script defer src="/popup.js">',
  ]);
  expect(page).toContain('<div id="app">');
  expect(replaced).toEqual(['assets/main-a.js']);
});
