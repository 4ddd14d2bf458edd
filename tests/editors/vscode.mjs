// VS Code (code-server) in a headless Chromium: problems are seen, hovered over and repaired as a person would.
//   node vscode.mjs CODE-SERVER EXTENSION.vsix WORK PICTURES
// WORK has the folders that are opened: `quick-fix`, `rewrite` and `on-save`. What the files hold afterwards is
// compared by who calls this.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [codeServer, extension, work, pictures] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(codeServer, 'node_modules/playwright-core/index.mjs')));
const entry = join(codeServer, 'node_modules/code-server/out/node/entry.js');
const data = join(work, 'data');
const folders = ['--user-data-dir', data, '--extensions-dir', join(work, 'extensions')];
const PATIENCE = 60_000;
let windows = 0;

mkdirSync(join(data, 'User'), { recursive: true });
mkdirSync(pictures, { recursive: true });
const settings = {
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'window.commandCenter': false,
  'workbench.colorTheme': 'Default Light Modern',
  'workbench.editor.empty.hint': 'hidden',
  'workbench.reduceMotion': 'on',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};
writeFileSync(join(data, 'User/settings.json'), JSON.stringify(settings));

const installed = spawnSync(process.execPath, [entry, ...folders, '--install-extension', extension], { encoding: 'utf8' });
if (installed.status !== 0) {
  throw new Error(`the extension cannot be installed:\n${installed.stdout}${installed.stderr}`);
}

const port = await freePort();
const served = spawn(
  process.execPath,
  [entry, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, ...folders,
    '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
await listening(served);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
page.setDefaultTimeout(PATIENCE);
let failure;
try {
  await quickFix();
  await rewrite();
  await onSave();
} catch (error) {
  failure = error;
  await picture('failure');
  console.error(await page.locator('.editor-instance .view-lines').allInnerTexts());
} finally {
  await browser.close();
  served.kill();
}
if (failure) {
  console.error(failure);
  process.exit(1);
}

/** A squiggle, the hover over it, and the quick fix from the keyboard. */
async function quickFix() {
  await open('quick-fix');
  await page.waitForSelector('.squiggly-warning');
  const hover = await hovered('install -r requirements.txt', 'pip-cache-kept');
  expect(hover.includes('keeps its cache in the layer'), `the hover says what is wrong: ${hover}`);
  await page.locator('.monaco-hover', { hasText: /Quick Fix\.\.\./ }).first().waitFor();
  await picture('hover');
  await page.keyboard.press('Escape');
  await hovered('FROM python', 'Begins a stage');
  await picture('hover-instruction');
  await page.keyboard.press('Escape');
  await line(7);
  await page.keyboard.press('Home');
  for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Control+Period');
  // The repair that is preferred stands first and has the focus.
  await page.locator('.action-widget .action.focused', { hasText: 'Add --no-cache-dir' }).waitFor();
  await picture('quick-fix');
  await page.keyboard.press('Enter');
  await text('pip install --no-cache-dir -r requirements.txt');
  await picture('quick-fix-applied');
  await save();
  await command('pylintdock: Fix everything that is safe to fix');
  await text('rm -rf /var/lib/apt/lists/*');
  await save();
}

/** The rewrite by its command, with the cursor anywhere. */
async function rewrite() {
  await open('rewrite');
  await page.waitForSelector('.squiggly-warning');
  await line(12);
  await command('pylintdock: Rewrite as a multi-stage build');
  await text('AS builder');
  await save();
  await page.waitForFunction(() => !document.querySelector('.squiggly-warning'));
  await picture('rewrite');
}

/** What the README says of saving: a change, and Ctrl+S. */
async function onSave() {
  await open('on-save');
  await page.waitForSelector('.squiggly-warning');
  await line(9);
  await page.keyboard.type('# ');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  // Once: the editor waits for the server as long as it takes, and one answer repairs everything.
  await page.keyboard.press('Control+S');
  await text('pip install --no-cache-dir');
  await text('rm -rf /var/lib/apt/lists/*');
  await saved();
  await picture('on-save');
}

/** Opens a folder and its Dockerfile. */
async function open(name) {
  await page.goto(`http://127.0.0.1:${port}/?folder=${join(work, name)}`);
  await page.waitForSelector('.monaco-workbench');
  const file = page.locator('.explorer-folders-view .monaco-list-row', { hasText: /^Dockerfile$/ });
  await file.first().waitFor();
  await file.first().dblclick();
  await page.waitForSelector('.editor-instance .view-line');
  windows += 1;
  await started(windows);
}

/**
 * Waits until all extensions of the window that was opened as the `nth` run. VS Code drops the code actions that it asked
 * for when any extension registers some of its own meanwhile (`getCodeActions` in its `codeAction.ts`): a save repairs
 * nothing then, and a hover offers nothing.
 */
async function started(nth) {
  const QUIET = 3000;
  const logs = join(data, 'logs');
  const log = () => {
    const runs = readdirSync(logs).sort().map((run) => join(logs, run, `exthost${nth}/remoteexthost.log`));
    const found = runs.filter((it) => existsSync(it)).pop();
    return found ? readFileSync(found, 'utf8') : '';
  };
  const end = Date.now() + PATIENCE;
  for (let before = '', now = log(); ; before = now, now = log()) {
    if (now.includes('onStartupFinished') && now === before) return;
    if (Date.now() > end) throw new Error(`the extensions of VS Code do not come to rest:\n${now}`);
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  }
}

/** Moves the mouse over a text until a hover with the words comes; the result is the hover's text. */
async function hovered(shown, words) {
  const hover = page.locator('.monaco-hover:not(.hidden)', { hasText: words });
  for (let tries = 0; tries < 20; tries++) {
    const box = await boxOf(shown);
    await page.mouse.move(box.x + 200, box.y + 300);
    await page.mouse.move(box.x + 12, box.y + box.height / 2, { steps: 4 });
    try {
      await hover.first().waitFor({ timeout: 3000 });
      return plain(await hover.first().innerText());
    } catch {
      // The problems have not arrived, or the hover was for another place.
    }
  }
  throw new Error(`no hover with “${words}” over “${shown}”`);
}

/** Where a text stands on the screen: within the editor, on one line. */
async function boxOf(shown) {
  const box = await page.evaluate((shown) => {
    for (const line of document.querySelectorAll('.editor-instance .view-line')) {
      const nodes = [];
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      let text = '';
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        nodes.push([text.length, node]);
        text += node.data;
      }
      const at = text.replaceAll('\u00a0', ' ').indexOf(shown);
      if (at < 0) continue;
      const [start, node] = nodes.findLast(([start]) => start <= at);
      const range = document.createRange();
      range.setStart(node, at - start);
      range.setEnd(node, node.data.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x, y, width, height };
    }
    return null;
  }, shown);
  if (!box) throw new Error(`“${shown}” is not shown`);
  return box;
}

/** Puts the cursor into a line. */
async function line(number) {
  await page.keyboard.press('Control+G');
  await page.waitForSelector('.quick-input-widget:not([style*="display: none"])');
  await page.keyboard.type(`${number}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.editor-instance .monaco-editor.focused');
}

/** Runs a command of the palette. */
async function command(title) {
  await page.keyboard.press('F1');
  await page.waitForSelector('.quick-input-widget:not([style*="display: none"])');
  await page.keyboard.type(title);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Waits until the editor shows a text. */
async function text(wanted, timeout = PATIENCE) {
  await page.waitForFunction((wanted) => {
    const lines = [...document.querySelectorAll('.editor-instance .view-line')];
    return lines.some((it) => it.textContent.replaceAll('\u00a0', ' ').includes(wanted));
  }, wanted, { timeout });
}

async function save() {
  await page.keyboard.press('Control+S');
  await saved();
}

async function saved() {
  await page.waitForSelector('.tab.active:not(.dirty)');
  await page.waitForFunction(() => !document.querySelector('.tab.dirty'));
}

async function picture(name) {
  await page.screenshot({ path: join(pictures, `vscode-${name}.png`) });
}

function expect(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

function plain(text) {
  return text.replaceAll('\u00a0', ' ');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function listening(served) {
  return new Promise((resolve, reject) => {
    let told = '';
    served.stdout.on('data', (chunk) => {
      told += chunk;
      if (told.includes('HTTP server listening')) resolve();
    });
    served.on('exit', () => reject(new Error(`code-server ended:\n${told}`)));
  });
}
