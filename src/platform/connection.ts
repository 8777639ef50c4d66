/** What the browser says of the connection. It is a guess, so it only ever keeps something from beginning by itself. */

/** https://wicg.github.io/netinfo/ and https://wicg.github.io/savedata/, which Firefox does not have. */
interface Connection {
  readonly type?: string;
  readonly saveData?: boolean;
}

/** False only when the browser is sure. */
export const isOnline = (): boolean => globalThis.navigator?.onLine !== false;

/** Whether data costs something here; `undefined` where the browser does not say. */
export function isMetered(): boolean | undefined {
  const { connection } = (globalThis.navigator ?? {}) as { readonly connection?: Connection };
  return connection && (connection.saveData === true || connection.type === 'cellular');
}
