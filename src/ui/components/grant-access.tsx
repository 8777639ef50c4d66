import { requestHostAccess } from '../../platform/permissions.ts';
import { health, problem } from '../status.ts';

const REFUSED =
  'The browser did not give access. Press the button again, or allow access to all sites in the settings of the extension.';

/** There when web pages cannot be seen: asks for access. What comes of it, the background tells. */
export function GrantAccess() {
  if (health.value?.code !== 'no-host-access') return null;
  const ask = () => {
    // First of all: the browser asks only as the direct answer to a click.
    requestHostAccess().then(
      (given) => {
        problem.value = given ? '' : REFUSED;
      },
      () => {
        problem.value = REFUSED;
      },
    );
  };
  return (
    <button type="button" class="grant" data-testid="grant-access" onClick={ask}>
      Give access to web pages
    </button>
  );
}
