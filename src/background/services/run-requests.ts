/** Carrying out what the person asked of their data. Each step can be repeated, so that an interrupted request can be gone on with. */
import { fail, ok, type Result } from '../../base/result.ts';
import { type DataAccessRequest, elsewhereSentences, type RequestDetail } from '../../model/data-request.ts';
import { PartlyErasedError, storageFailure } from '../../storage/database.ts';
import type { Services } from '../services.ts';
import { correctionFault, rectifyProfile, rectifyRecords, unrectify } from './rectify.ts';
import type { Outcome } from './requests.ts';

type Answer = Result<readonly DataAccessRequest[]>;

/** Notes the request, carries it out, and notes how it ended; answers with all of them. */
export async function request(
  services: Services,
  detail: Exclude<RequestDetail, { type: 'export' }>,
  reason = '',
  goingOn?: string,
): Promise<Answer> {
  const { requests } = services;
  if (detail.type === 'rectify' && detail.correction) {
    const fault = correctionFault(detail.correction);
    if (fault !== null) return fail('bad-correction', fault);
  }
  const id = await requests.begin(detail, reason, goingOn);
  let outcome: Outcome;
  try {
    outcome =
      detail.type === 'delete'
        ? await runDelete(services, id, detail)
        : await runRectify(services, id, detail);
  } catch (error) {
    console.error('a request failed', error);
    const records = error instanceof PartlyErasedError ? { records: error.count } : {};
    outcome = { status: 'failed', message: storageFailure(error).message, ...records };
  }
  await requests.end(id, outcome);
  return ok(await requests.list());
}

async function runDelete(
  services: Services,
  id: string,
  { account }: Extract<RequestDetail, { type: 'delete' }>,
): Promise<Outcome> {
  const { profile, sync, plugins, requests } = services;
  const records = await services.erasures.flag({
    targets: [{ what: 'all' }],
    kind: 'everything',
    reason: 'person',
    now: true,
  });
  // What was chosen and made of it; settings stay, so that what the person refused is not recorded from now on.
  for (const name of ['profile', 'preferences', 'screen']) await profile.store.forgetNamed(name);
  await plugins.clearLog();
  await requests.forget(id);
  await profile.store.pushOut();
  if (account) {
    // The others hear of the deletion before there is no account to tell them.
    await sync.run();
    const left = await sync.end('delete', false, true);
    if (!left.ok) return { status: 'failed', records, message: `${ACCOUNT_STAYS} ${left.error.message}` };
  }
  return { status: 'completed', records };
}

const ACCOUNT_STAYS = 'Everything here is deleted; the account at the sync service is not yet.';

async function runRectify(
  services: Services,
  id: string,
  { correction }: Extract<RequestDetail, { type: 'rectify' }>,
): Promise<Outcome> {
  if (!correction) return { status: 'failed', message: 'What was to be corrected is not known any more.' };
  if (!('url' in correction)) {
    await rectifyProfile(services, correction);
    return { status: 'completed', records: 1 };
  }
  const corrected = await rectifyRecords(services, id, correction);
  if (!corrected.ok) return { status: 'failed', message: corrected.error.message };
  const { records, more, elsewhere } = corrected.value;
  const message = [
    ...(more > 0 ? [`${more} more records say the same. Correct them in the same way.`] : []),
    ...elsewhereSentences(elsewhere),
  ].join(' ');
  return { status: 'completed', records, ...(message === '' ? {} : { message }) };
}

const NOT_OPEN = fail('not-open', 'This request has ended already.');

/** Goes on with a deletion or a correction. */
export async function resume(services: Services, id: string): Promise<Answer> {
  const found = await services.requests.interrupted(id);
  if (!found) return NOT_OPEN;
  const { detail } = found;
  if (detail.type === 'export') return fail('not-here', 'Start the export again with the button "Export".');
  return request(services, detail, found.reason, id);
}

/** Ends one that does not run. What a deletion took is gone; new versions whose old ones are there are taken back. */
export async function cancel(services: Services, id: string): Promise<Answer> {
  const { requests } = services;
  const found = await requests.interrupted(id);
  if (!found) return NOT_OPEN;
  const { detail } = found;
  if (detail.type === 'rectify' && detail.correction && 'url' in detail.correction)
    await unrectify(services, id, detail.correction);
  await requests.end(id, { status: 'cancelled' });
  return ok(await requests.list());
}
