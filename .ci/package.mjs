// The package as its users get it: packed, checked by publint and attw, installed in an empty project,
// and used from ES modules, CommonJS and strict TypeScript.
//
//   node .ci/package.mjs
//
// Needs a built engine; takes no script of the package and nothing from the network but what npm has
// for its dependencies.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules/.bin', name);
const scratch = mkdtempSync(path.join(tmpdir(), 'portacl-package-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function run(what, command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) {
    console.log(`${what}: good`);
    return stdout;
  }
  console.error(`${what}: FAILED\n${error?.message ?? ''}${stdout}${stderr}`);
  process.exit(1);
}

const [{ filename }] = JSON.parse(
  run('npm pack', 'npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch]),
);
const tarball = path.join(scratch, filename);
run('publint', bin('publint'), [tarball, '--strict']);
// CommonJS gets the ES module itself: Node can require() it from 20.19 on.
run('attw', bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji']);

const project = path.join(scratch, 'project');
mkdirSync(project);
writeFileSync(path.join(project, 'package.json'), '{ "name": "empty", "private": true }\n');
run(
  'npm install',
  'npm',
  ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball],
  project,
);
const installed = path.join(project, 'node_modules/portacl');
// The tarball of a checkout has no prebuilt engine; the local build stands in for it.
if (!existsSync(path.join(installed, 'prebuilds'))) {
  cpSync(
    path.join(root, 'build/Release/portacl.node'),
    path.join(installed, `prebuilds/${process.platform}-${process.arch}.node`),
  );
}

const TEST = `
  const compiled = compileHost(normaliseHost({
    documents: [policyFromValue([{ Type: 'ACL', Settings: { Action: 'Allow', Direction: 'In',
      Protocols: '6', LocalPorts: '80', Priority: 200, RuleType: 'Switch' } }], 'a.json', { strict: true })],
    platform: { windows: 'ws2022', driver: 'l2bridge', isolation: 'process' }, strict: true }).host);
  const sent = new Session(compiled).send(tcp('10.9.9.9:4000', '10.1.0.5:80', { dir: 'in' }));
  if (sent.verdict !== 'allow') throw new Error(sent.verdict);
`;
const NAMES = '{ Session, compileHost, normaliseHost, policyFromValue, tcp }';
const files = {
  'esm.mjs': `import ${NAMES} from 'portacl';\n${TEST}`,
  'cjs.cjs': `const ${NAMES} = require('portacl');\n${TEST}`,
  'strict.mts': `import { Session, loadHost, tcp, type SentRecord } from 'portacl';
import type { PortaclMatchers } from 'portacl/jest';
export async function verdict(file: string): Promise<SentRecord['verdict']> {
  const { compiled } = await loadHost({ policies: [file] });
  using session = new Session(compiled);
  return session.send(tcp('10.9.9.9:4000', '10.1.0.5:80')).verdict;
}
export type Matcher = keyof PortaclMatchers;
// @ts-expect-error: a packet is no text
export const wrong = (session: Session): unknown => session.send('tcp');
`,
  'strict.cts': `import portacl = require('portacl');
export const packet: portacl.Packet = portacl.udp('10.9.9.9:4000', '10.1.0.5:53');
`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'] },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: false, noEmit: true, types: ['node'] },
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    files: ['strict.mts', 'strict.cts'],
  }),
};
for (const [name, text] of Object.entries(files)) writeFileSync(path.join(project, name), text);
run('ES module', process.execPath, ['esm.mjs'], project);
run('CommonJS', process.execPath, ['cjs.cjs'], project);
run('command', process.execPath, [path.join(installed, 'dist/cli.js'), '--version'], project);
run('strict TypeScript', bin('tsc'), ['-p', '.'], project);
