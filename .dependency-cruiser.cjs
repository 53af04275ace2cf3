// Which room may import which. docs/rooms.md is drawn from the result.
const rooms = {
  address: [],
  packet: ['address'],
  output: [],
  generated: [],
  protocol: [],
  binding: ['address', 'protocol', 'diagnosis'],
  capture: ['packet', 'address', 'generated', 'protocol'],
  diagnosis: ['packet', 'address', 'protocol'],
  events: ['generated', 'output', 'address', 'protocol', 'packet', 'diagnosis'],
  cluster: ['protocol', 'address'],
  session: ['protocol', 'generated'],
  'pod-agent': ['protocol', 'generated', 'address', 'binding'],
  'base-command.ts': ['output'],
  commands: ['base-command.ts', 'cluster', 'session', 'protocol', 'events', 'output', 'address', 'packet', 'diagnosis', 'capture', 'generated', 'binding'],
  'cli.ts': ['commands', 'base-command.ts'],
}
const doors = {koffi: 'pod-agent/native/', '@kubernetes/client-node': 'cluster/', '@oclif/core': '(commands/|base-command\\.ts|cli\\.ts|completion\\.ts)', table: 'output/'}

const inside = (name) => (name.endsWith('.ts') ? `^src/${name}$` : `^src/${name}/`)

module.exports = {
  forbidden: [
    // Types may refer to each other: a packet quotes a packet.
    {name: 'no-cycles', severity: 'error', from: {}, to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only']}}},
    ...Object.entries(rooms).map(([room, may]) => ({
      name: `${room}-imports-only-what-it-may`,
      severity: 'error',
      from: {path: inside(room)},
      to: {path: '^src/', pathNot: [room, ...may, 'errors', 'errors.ts', 'version.ts'].map(inside)},
    })),
    ...Object.entries(doors).map(([library, door]) => ({
      name: `one-door-to-${library}`,
      severity: 'error',
      from: {path: '^src/', pathNot: `^src/${door}`},
      to: {path: `node_modules/${library}/`},
    })),
  ],
  options: {tsConfig: {fileName: 'tsconfig.json'}, tsPreCompilationDeps: true, doNotFollow: {path: 'node_modules'}},
}
