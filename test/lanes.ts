import {readdirSync} from 'node:fs'
import {join} from 'node:path'

/** Rooms of test/ whose files are one project of vitest. */
export const rooms = {
  /** Values in, values out: side by side. */
  pure: ['address', 'binding', 'capture', 'diagnosis', 'events', 'output', 'packet', 'protocol', 'session'],
  /** On this machine's kernel, and on others: one file after the other. */
  machine: ['bpf', 'pod-agent', 'commands', 'kernels'],
  /** On the test cluster: one file after the other. */
  cluster: ['cluster'],
} as const

export interface Lane {
  readonly name: string
  readonly project: keyof typeof rooms
  /** Without: all of the project's. */
  readonly rooms?: readonly string[]
  /** Of these, files whose names begin so, or do not. */
  readonly beginning?: {readonly isSo: boolean; readonly words: readonly string[]}
  /** As nice(1) counts: who mostly waits goes first, who could always go on takes what is left. */
  readonly nice: number
  /** One worker for all files: they start programs and keep no state. A third of a second for each file. */
  readonly isShared?: boolean
}

/** Verbs that look on while others drive packets. `drops` copies so many a second on the whole machine: who drops on purpose is in one lane. */
const driven = ['diagnosis', 'drop', 'ndp', 'rule']

/** A whole run: lanes go side by side, each file of a lane after the other. So a test may look at its own namespaces and at what it loaded itself, never at the whole machine's. */
export const lanes: readonly Lane[] = [
  {name: 'cluster', project: 'cluster', nice: -10, isShared: true},
  {
    name: 'commands',
    project: 'machine',
    rooms: ['commands'],
    beginning: {isSo: false, words: driven},
    nice: 0,
    isShared: true,
  },
  {
    name: 'drivers',
    project: 'machine',
    rooms: ['commands'],
    beginning: {isSo: true, words: driven},
    nice: 0,
    isShared: true,
  },
  {name: 'agent', project: 'machine', rooms: ['bpf', 'pod-agent'], nice: 0, isShared: true},
  // Machines whose clock counts instructions: they take what the others leave.
  {name: 'kernels', project: 'machine', rooms: ['kernels'], nice: 19},
  {name: 'pure', project: 'pure', nice: 5},
]

/** From the root. */
export const filesOf = ({project, rooms: own = rooms[project], beginning}: Lane): readonly string[] =>
  own.flatMap((room) =>
    readdirSync(join(import.meta.dirname, room), {recursive: true, encoding: 'utf8'})
      .filter((name) => name.endsWith('.test.ts'))
      .filter((name) => beginning?.words.some((word) => name.startsWith(word)) === beginning?.isSo)
      .map((name) => `test/${room}/${name}`),
  )

/** vitest's arguments for a lane. */
export const selectionOf = (lane: Lane): readonly string[] => [
  '--project',
  lane.project,
  ...(lane.isShared === true ? ['--no-isolate'] : []),
  ...(lane.beginning === undefined ? (lane.rooms ?? []).map((room) => `test/${room}/`) : filesOf(lane)),
]
