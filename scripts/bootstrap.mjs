// Runs a TypeScript script on a machine that may have nothing but Node: `node scripts/bootstrap.mjs SCRIPT [ARGS…]`.
// Plain JavaScript without dependencies, because it runs before they are there. Scripts that drive browsers find or
// install them by themselves (browsers.mjs), so that a build or a unit test never asks for one.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function checkNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(
    `ARQ Context needs Node ${wanted} or newer, and this is Node ${process.versions.node}. Install a newer one from https://nodejs.org.`,
  );
}

/** npm writes the hidden lock file last: missing or older than the lock file means an install is due. */
function ensureModules() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing the packages of package-lock.json.');
  if (npm('ci') === 0) return;
  // `npm ci` refuses a lock file that lacks a package for some other platform, as npm writes it where the registry does
  // not have that package (npm/cli#4828 and its kin). An ordinary installation takes the same versions.
  console.log('npm ci refused; its reason is above. Trying npm install instead.');
  if (npm('install', '--no-save') !== 0)
    fail('npm install failed too. Check the network and the registry, then try again.');
}

/** npm's own entry file where npm started us: Windows cannot spawn npm.cmd without a shell. */
function npm(...words) {
  const args = [...words, '--include=dev', '--no-audit', '--no-fund'];
  const options = { cwd: root, stdio: 'inherit' };
  const entry = process.env.npm_execpath;
  return (entry ? spawnSync(process.execPath, [entry, ...args], options) : spawnSync('npm', args, options))
    .status;
}

checkNode();
const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail('Usage: node scripts/bootstrap.mjs SCRIPT [ARGS…]');
ensureModules();

const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], { cwd: root, stdio: 'inherit' });
// The script decides when it has finished cleaning up. Ctrl-C in a terminal reaches it without us; other signals do not.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => fail(`Node did not start again: ${error.message}`));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  // The same end for us, so that the caller sees the signal too.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
