// Draws docs/rooms.md from the imports, so that the map is never older than the code.
import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'

interface Cruise {
  readonly modules: readonly {readonly source: string; readonly dependencies: readonly {readonly resolved: string}[]}[]
}

const root = join(import.meta.dirname, '..')
const purposes: Readonly<Record<string, string>> = {
  commands: 'what a person can type; one file is one verb: parse, ask, show',
  cluster: 'the Kubernetes API: find the target, place the agent, carry its stream, name addresses, take the pod away',
  session: "the user's half of a run: proves who it is, follows an agent, resumes, ends it; and the agent of `local`",
  protocol: 'what plugin and agent say to each other',
  'pod-agent': 'the program on the node: loads, attaches, drains, forwards; `native/` alone calls C',
  events: 'how what was seen looks: rows, conversations, the summary',
  output: 'from values to text: escaping, numbers, colours, tables, the live screen; pure',
  address: 'what an address is: text, bytes, class, prefix; pure',
  'base-command.ts': 'what all verbs share: their flags, the one catch, the exit status',
  'cli.ts': 'the entry point',
  errors: 'every failure that a person can act on, by where it comes from',
  'errors.ts': 'the door to them',
  packet: 'from bytes to headers, messages and options; pure',
  capture: 'packets read back from a file',
  diagnosis: 'from what was seen to what is wrong, with evidence and a fix; pure',
  generated: 'codecs written from the BTF of the objects; never edited',
}

const report = execFileSync('depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 << 20,
})
const {modules} = JSON.parse(report) as Cruise // printed by dependency-cruiser
const everywhere = new Set(['errors', 'errors.ts', 'version.ts'])
const room = (path: string) => /^src\/([^/]+)/.exec(path)?.[1]
const arrows = new Set<string>()
const rooms = new Set<string>()
for (const {source, dependencies} of modules) {
  const from = room(source)
  if (from === undefined) continue
  rooms.add(from)
  for (const {resolved} of dependencies) {
    const to = room(resolved)
    if (to !== undefined && to !== from && !everywhere.has(to)) arrows.add(`  ${from} --> ${to}`)
  }
}

const rows = [...rooms].sort().map((name) => `| \`src/${name}\` | ${purposes[name] ?? ''} |`)

writeFileSync(
  join(root, 'docs/rooms.md'),
  [
    '# The rooms',
    '',
    'Drawn by `npm run generate` from the imports; `.dependency-cruiser.cjs` says which arrows may exist, and `npm test` checks them.',
    'Everybody may import `errors.ts` and `version.ts`; they are left out of the picture.',
    '',
    '```mermaid',
    'flowchart LR',
    ...[...arrows].sort(),
    '```',
    '',
    '| room | what is in it |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n'),
)
