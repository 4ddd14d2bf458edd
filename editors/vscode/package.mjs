// Packages the extension with the server of a platform:
//   npm run package -- TARGET PROGRAM OUTPUT.vsix
// TARGET as `vsce` names platforms (linux-x64, darwin-arm64, win32-x64, …); `universal` packages no server, for which
// PROGRAM is `-`.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const [target, program, output] = process.argv.slice(2);
if (!output) {
  console.error('usage: npm run package -- TARGET PROGRAM OUTPUT.vsix');
  process.exit(2);
}
const folder = import.meta.dirname;
const server = resolve(folder, 'server');
rmSync(server, { recursive: true, force: true });
if (target !== 'universal') {
  mkdirSync(server);
  const copy = resolve(server, target.startsWith('win32') ? 'pylintdock.exe' : 'pylintdock');
  copyFileSync(program, copy);
  chmodSync(copy, 0o755);
}
// The pages and pictures of the repository are linked from the README by their places in it.
for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
  copyFileSync(resolve(folder, '../..', name), resolve(folder, name));
}
const platform = target === 'universal' ? [] : ['--target', target];
const vsce = resolve(folder, 'node_modules/@vscode/vsce/vsce');
const packaged = spawnSync(
  process.execPath,
  [vsce, 'package', '--no-dependencies', ...platform, '--out', resolve(output)],
  { cwd: folder, stdio: 'inherit' },
);
process.exit(packaged.status ?? 1);
