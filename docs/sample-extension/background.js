// Both browsers run this: Chrome as a service worker, Firefox as an event page.
const api = globalThis.browser ?? globalThis.chrome;

api.action.onClicked.addListener(() => api.tabs.create({ url: api.runtime.getURL('page.html') }));
