// Packages the extension with the server of a platform:
//   npm run package -- TARGET PROGRAM OUTPUT.vsix
// TARGET as `vsce` names platforms, PROGRAM the server that was built for it, or the wheel that has it; `universal`
// packages no server, for which PROGRAM is `-`. The version is that of Cargo.toml.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

// The first bytes of a program, by the system that starts it, and the place and value of what names the processor.
const ELF = { magic: '7f454c46', machine: (it) => it.readUInt16LE(18) };
const MACH = { magic: 'cffaedfe', machine: (it) => it.readUInt32LE(4) };
const PE = { magic: '4d5a', machine: (it) => it.readUInt16LE(it.readUInt32LE(0x3c) + 4) };
const PLATFORMS = {
  'alpine-arm64': [ELF, 0xb7],
  'alpine-x64': [ELF, 0x3e],
  'darwin-arm64': [MACH, 0x0100000c],
  'darwin-x64': [MACH, 0x01000007],
  'linux-arm64': [ELF, 0xb7],
  'linux-x64': [ELF, 0x3e],
  'win32-arm64': [PE, 0xaa64],
  'win32-x64': [PE, 0x8664],
};

const [target, program, output] = process.argv.slice(2);
const isKnown = target === 'universal' || Object.hasOwn(PLATFORMS, target);
if (!output || !isKnown) {
  fail(`usage: npm run package -- TARGET PROGRAM OUTPUT.vsix\nTARGET is universal or one of ${Object.keys(PLATFORMS).join(', ')}`, 2);
}
const folder = import.meta.dirname;
const root = resolve(folder, '../..');
const server = resolve(folder, 'server');
rmSync(server, { recursive: true, force: true });
if (target !== 'universal') {
  const bytes = program.endsWith('.whl') ? fromWheel(program) : readFileSync(program);
  const [{ magic, machine }, expected] = PLATFORMS[target];
  if (!bytes.toString('hex', 0, 8).startsWith(magic) || machine(bytes) !== expected) {
    fail(`${program} is no program for ${target}: an extension with it would not start`, 1);
  }
  mkdirSync(server);
  const copy = resolve(server, target.startsWith('win32') ? 'pylintdock.exe' : 'pylintdock');
  writeFileSync(copy, bytes);
  chmodSync(copy, 0o755);
}
// The pages and pictures of the repository are linked from the README by their places in it.
for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
  copyFileSync(resolve(root, name), resolve(folder, name));
}
const platform = target === 'universal' ? [] : ['--target', target];
const vsce = resolve(folder, 'node_modules/@vscode/vsce/vsce');
const packaged = spawnSync(
  process.execPath,
  [vsce, 'package', version(), '--no-update-package-json', '--no-git-tag-version', '--no-dependencies', ...platform,
    '--out', resolve(output)],
  { cwd: folder, stdio: 'inherit' },
);
process.exit(packaged.status ?? 1);

/** The version of the program, which is that of everything that is released with it. */
function version() {
  const manifest = readFileSync(resolve(root, 'Cargo.toml'), 'utf8');
  const found = /^\[workspace\.package\]$[^[]*?^version = "([^"]+)"$/m.exec(manifest);
  return found?.[1] ?? fail('Cargo.toml names no version of the workspace', 1);
}

/** The program in a wheel, which is a zip archive. */
function fromWheel(wheel) {
  const pattern = '*.data/scripts/pylintdock*';
  const found = spawnSync('unzip', ['-p', wheel, pattern], { maxBuffer: 1 << 28 });
  return found.status === 0 ? found.stdout : fail(`no ${pattern} can be taken out of ${wheel} with unzip`, 1);
}

function fail(message, status) {
  console.error(message);
  process.exit(status);
}
