import { Decision } from './decision.tsx';

/** What is recorded, where it stays and what leaves, before anything of it happens. */
export function Onboarding() {
  return (
    <main>
      <h1>ARQ Context remembers where you have been, for you alone</h1>
      <p>Before it records anything, here is what it does. You decide at the end of this page.</p>
      <section class="card">
        <h2>What is recorded</h2>
        <ul>
          <li>
            The addresses and titles of pages you visit, when, how you came there, and how long they were in
            front.
          </li>
          <li>What you search for at search engines.</li>
          <li>
            Links and buttons you click: their visible text, at most 80 characters, and where a link leads.
          </li>
        </ul>
        <h3>Never</h3>
        <ul>
          <li>
            Private windows. What you type into a form, unless the site puts it into its address: passwords
            and card numbers are taken out there too. The text of pages.
          </li>
          <li>
            Sensitive sites: banking, mail, health, password managers, this computer and your local network.
            They are skipped from the start; you can change the list.
          </li>
        </ul>
      </section>
      <section class="card">
        <h2>Where it stays, and what leaves</h2>
        <p>It stays in this browser, encrypted. Nothing leaves it until you switch on sync.</p>
        <p>On this computer it is protected only by your computer account.</p>
      </section>
      <section class="card">
        <h2>How it ends</h2>
        <ul>
          <li>You can delete a page, a site, a span of time or everything on the options page.</li>
          <li>
            Uninstalling the extension destroys everything it recorded in this browser. Export it first if you
            want to keep it.
          </li>
          <li>Clearing the browser's own history does not clear this.</li>
        </ul>
      </section>
      <Decision />
    </main>
  );
}
