import { useSignal } from '@preact/signals';
import { HeldTable } from './held-table.tsx';

/** What the sync service can know, in words, and, when the person asks, everything that it holds. `syncedMs`: asked again after each round. */
export function HeldCard({ syncedMs }: { readonly syncedMs: number | undefined }) {
  const isOpen = useSignal(false);
  return (
    <section class="card" data-testid="held">
      <h2>What the service sees</h2>
      <p>
        It sees the number of your account and of each of your devices, how many objects there are, their
        sizes (rounded up), and when which device wrote, replaced or deleted each. It also sees the network
        address that a device comes from, and when it is connected. So it can guess when you browse, and how
        much.
      </p>
      <p>
        It does not see addresses, titles, searches, clicks, your rules or the names of your devices, nor of
        which day an object is. Names of objects are meaningless to it.
      </p>
      <details
        onToggle={(event) => {
          isOpen.value = event.currentTarget.open;
        }}
      >
        <summary data-testid="held-show">Show everything that it holds</summary>
        {isOpen.value && <HeldTable syncedMs={syncedMs} />}
      </details>
    </section>
  );
}
