/** Runs seeds from … to … and prints a JSON line for each: for campaigns, and `log` as the third argument to see one of them happen. */
import { isRealCrypto, Simulation } from './simulation.ts';

const [from = 1, to = from] = process.argv.slice(2, 4).map(Number);
const isTold = process.argv[4] === 'log';
// What a person would be told on the way is not what is asked here.
if (!isTold) console.error = console.warn = () => {};
/** What nobody waits for fails unseen in a browser; here it is a fault. */
let unseen: unknown;
process.on('unhandledRejection', (error) => {
  unseen ??= error;
});
for (let seed = from; seed <= to; seed++) {
  const simulation = new Simulation(seed, { realCrypto: isRealCrypto(seed) });
  if (isTold) simulation.log = (line) => console.log(line);
  try {
    unseen = undefined;
    const { trace, hits, steps } = await simulation.run();
    if (unseen !== undefined) throw new Error(`seed ${seed}: nobody waits for what failed: ${unseen}`);
    console.log(JSON.stringify({ seed, trace, steps, hits: Object.fromEntries(hits) }));
  } catch (error) {
    console.log(JSON.stringify({ seed, fault: (error as Error).message }));
    if (isTold) throw error;
  }
}
