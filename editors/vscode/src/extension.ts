// Starts `pylintdock server` and hands it to the editor; everything else is the server's.

import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { LanguageClient, State, type ServerOptions } from 'vscode-languageclient/node';

const DOCKERFILES = { language: 'dockerfile' };

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('pylintdock', { log: true });
  const status = vscode.languages.createLanguageStatusItem('pylintdock', DOCKERFILES);
  status.name = 'pylintdock';
  status.command = { command: 'pylintdock.showLog', title: 'Show the log' };
  const command = (name: string, act: () => unknown) => vscode.commands.registerCommand(`pylintdock.${name}`, act);
  context.subscriptions.push(
    log,
    status,
    command('restart', () => start(context, log, status)),
    command('showLog', () => log.show()),
    command('fixAll', () => apply('editor.action.sourceAction', 'source.fixAll.pylintdock')),
    command('rewrite', () => apply('editor.action.codeAction', 'refactor.rewrite.pylintdock')),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('pylintdock.path')) {
        void start(context, log, status);
      }
    }),
  );
  await start(context, log, status);
}

export async function deactivate(): Promise<void> {
  await client?.dispose();
}

/** Has the editor apply the server's code action of a kind, or offer them where there are several. */
function apply(command: string, kind: string): Thenable<unknown> {
  return vscode.commands.executeCommand(command, { kind, apply: 'ifSingle' });
}

/** Starts the server, after ending the one that runs. */
async function start(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  status: vscode.LanguageStatusItem,
): Promise<void> {
  await client?.dispose().catch((error) => log.warn(`the server did not end in order: ${error}`));
  const program = find(context);
  const server: ServerOptions = { command: program, args: ['server'] };
  client = new LanguageClient('pylintdock', 'pylintdock', server, {
    documentSelector: [DOCKERFILES],
    synchronize: { configurationSection: 'pylintdock' },
    outputChannel: log,
  });
  client.onDidChangeState(({ newState }) => show(status, newState, program));
  show(status, State.Starting, program);
  try {
    await client.start();
  } catch (error) {
    show(status, State.Stopped, program);
    log.error(`cannot start ${program}: ${error}`);
    const choice = await vscode.window.showErrorMessage(
      `pylintdock: cannot start ${program}. Install pylintdock or set pylintdock.path.`,
      'Open Settings',
      'Show Log',
    );
    if (choice === 'Open Settings') {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'pylintdock.path');
    } else if (choice === 'Show Log') {
      log.show();
    }
  }
}

/** The program: of the setting, the bundled one, or that of the search path. */
function find(context: vscode.ExtensionContext): string {
  const path = vscode.workspace.getConfiguration('pylintdock').get<string | null>('path');
  if (path) {
    return path;
  }
  const name = process.platform === 'win32' ? 'pylintdock.exe' : 'pylintdock';
  const bundled = context.asAbsolutePath(`server/${name}`);
  return existsSync(bundled) ? bundled : name;
}

function show(status: vscode.LanguageStatusItem, state: State, program: string): void {
  const version = client?.initializeResult?.serverInfo?.version ?? '';
  status.detail = program;
  status.busy = state === State.Starting;
  if (state === State.Stopped) {
    status.text = 'pylintdock is not running';
    status.severity = vscode.LanguageStatusSeverity.Error;
    status.command = { command: 'pylintdock.restart', title: 'Restart' };
  } else {
    status.text = `pylintdock ${version}`.trimEnd();
    status.severity = vscode.LanguageStatusSeverity.Information;
    status.command = { command: 'pylintdock.showLog', title: 'Show the log' };
  }
}
