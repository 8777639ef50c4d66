/** The background's services on a fake browser, with the clock of the test (`vi.setSystemTime`). */

// First: the extension's API has to be there before anything of `src` is loaded.
import './fake-browser.ts';
import { vi } from 'vitest';
import { createHandlers } from '../../src/background/handlers.ts';
import { Opening } from '../../src/background/opening.ts';
import { isOpen, type Recording, type Services } from '../../src/background/services.ts';
import type { Result } from '../../src/base/result.ts';
import type { AnswerOf } from '../../src/messaging/answers.ts';
import type { MessageBody, MessageType } from '../../src/messaging/messages.ts';
import type { InteractionEvent, InteractionRecord } from '../../src/model/interaction.ts';
import type { Settings } from '../../src/model/settings.ts';
import type { CommittedFact } from '../../src/platform/tabs.ts';
import { fake } from './fake-browser.ts';

export const START_MS = Date.UTC(2026, 10, 24, 12, 34, 56, 789);

export class Worker {
  opening!: Opening;
  services!: Services;
  readonly handlers = createHandlers({
    ready: () => this.opening.ready(),
    recording: () => this.opening.recording(),
    status: () => this.opening.status(),
    unlock: (proof) => this.opening.unlock(proof),
    lock: () => this.opening.lock(),
    startOver: () => this.opening.startOver(),
  });

  /** A fresh profile whose person agreed. Only the date stands still; timers run. */
  static async start(): Promise<Worker> {
    vi.useFakeTimers({ toFake: ['Date'], now: START_MS });
    fake.reset();
    const worker = new Worker();
    await worker.open();
    await worker.set({ consent: 'accepted' });
    return worker;
  }

  async open(): Promise<void> {
    this.opening = new Opening();
    const services = await this.opening.recording();
    if (isOpen(services)) this.services = services;
  }

  /** What records now, also while the profile is locked. */
  recording(): Promise<Services | Recording> {
    return this.opening.recording();
  }

  /** The worker was stopped and the next event starts it. */
  async restart(): Promise<void> {
    (await this.recording()).close();
    await this.open();
  }

  async restartBrowser(): Promise<void> {
    (await this.recording()).close();
    fake.endSession();
    await this.open();
  }

  end(): void {
    this.services.close();
    vi.useRealTimers();
  }

  get store() {
    return this.services.profile.store;
  }

  set(patch: Partial<Settings>): Promise<void> {
    return this.services.profile.change(patch);
  }

  pass(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
  }

  /** A tab shows another page, as the browser reports it. */
  async visit(tabId: number, url: string, fact: Partial<CommittedFact> & { title?: string } = {}) {
    const { title = `Title of ${url}`, ...rest } = fact;
    const tab = { id: tabId, url, title: '', incognito: false };
    fake.tabs.set(tabId, tab);
    await (await this.recording()).recorder.navigated({
      tabId,
      url,
      atMs: Date.now(),
      transition: 'link',
      qualifiers: [],
      sameDocument: false,
      ...rest,
    });
    if (title !== '') await this.title(tabId, title);
  }

  async title(tabId: number, title: string): Promise<void> {
    const tab = fake.tabs.get(tabId);
    if (!tab) throw new Error('no such tab');
    tab.title = title;
    await (await this.recording()).recorder.titled({ ...tab, lastAccessed: 0 });
  }

  /** A message of our content script in the tab; `from` is the address that its document began with. */
  click(tabId: number, from?: string, nonce = 'N'.repeat(22), documentId?: string) {
    return this.handlers['event.click'](
      { role: 'button', text: 'Press', nonce },
      this.sender(tabId, from, documentId),
    );
  }

  /** A message of a page of ours. A failure is one of the test. */
  async send<T extends MessageType>(type: T, body: MessageBody<T>): Promise<AnswerOf<T>> {
    const handler = this.handlers[type] as unknown as (
      body: MessageBody<T>,
      sender: object,
    ) => Promise<Result<AnswerOf<T>>>;
    const answer = await handler(body, {});
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.value;
  }

  /** Deletes, without waiting until it cannot be undone any more. */
  async erase(target: MessageBody<'erase.run'>['target']): Promise<{ count: number }> {
    const erased = await this.send('erase.run', { target });
    await this.send('erase.finish', {});
    return erased;
  }

  sender(tabId: number, url = fake.tabs.get(tabId)?.url, documentId?: string) {
    const tab = { ...fake.tabs.get(tabId) };
    return { id: 'test', url, tab, frameId: 0, ...(documentId === undefined ? {} : { documentId }) } as never;
  }

  async records(): Promise<InteractionRecord[]> {
    const all: InteractionRecord[] = [];
    for await (const { records } of this.store.recordsByDay('oldest')) all.push(...records);
    return all;
  }

  /** Every stored event, also those that no record shows. */
  async events(): Promise<InteractionEvent[]> {
    const all: InteractionEvent[] = [];
    for await (const { day } of this.store.recordsByDay('oldest'))
      all.push(...(await this.store.eventsOfDay(day)).events);
    return all;
  }

  async ofKind<K extends InteractionRecord['kind']>(kind: K) {
    return (await this.records()).filter((record) => record.kind === kind) as Extract<
      InteractionRecord,
      { kind: K }
    >[];
  }
}
