import { checkList, hashOfSigned, readList } from '../../../src/protocol/device-list.ts';
import type { AccountId, DeviceId } from '../../../src/protocol/ids.ts';
import { listRequestSchema, type SignedList } from '../../../src/protocol/wire.ts';
import { jsonAnswer } from '../answer.ts';
import { listChecks } from '../auth/digest.ts';
import type { Deps } from '../deps.ts';
import { LIST_VERSIONS } from '../quota.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { CheckedList } from '../store/store.ts';
import type { HolderHandler } from './handler.ts';
import { parseJson } from './parse.ts';

/** `GET /v1/devices` */
export const getDevices: HolderHandler = async (deps, { account }) =>
  jsonAnswer({ chain: await deps.store.deviceChain(account) });

/** Whether a list was made to follow another version than the newest: then its maker has to read the chain again. */
async function followsAnother(signed: SignedList, newest: CheckedList): Promise<boolean> {
  const list = readList(signed);
  if (list?.account !== newest.list.account) return false;
  return (
    list.version !== newest.list.version + 1 ||
    list.previous !== (await hashOfSigned(newest.signed, listChecks))
  );
}

/** `POST /v1/devices`: the next version. The newest one once more is no conflict: its answer was lost. */
export const postDevices: HolderHandler = async (deps, { account, device, list: newest, body }) => {
  const parsed = parseJson(listRequestSchema, body);
  if (isRefusal(parsed)) return parsed;
  const signed = parsed.list;
  if (signed.body === newest.signed.body) return jsonAnswer({ version: newest.list.version });
  const list = await checkList(signed, newest, listChecks);
  if (!list) return refuse((await followsAnother(signed, newest)) ? 'CONFLICT' : 'BAD_REQUEST');
  if (list.devices.length > deps.limits.devices || list.version > LIST_VERSIONS) return refuse('QUOTA');
  if (!(await deps.store.appendList(account, { signed, list }))) return refuse('CONFLICT');

  const kept = new Set(list.devices.map(({ id }) => id));
  for (const { id } of newest.list.devices) if (!kept.has(id)) deps.sockets.closeDevice(account, id);
  deps.hub.publish(account, device);
  return jsonAnswer({ version: list.version });
};

/** Whether the device is in the newest list, for requests that last. */
export async function isListed(deps: Deps, account: AccountId, device: DeviceId): Promise<boolean> {
  const newest = await deps.store.currentList(account);
  return newest?.list.devices.some(({ id }) => id === device) ?? false;
}
