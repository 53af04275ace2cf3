import {closeSync, openSync, readSync} from 'node:fs'
import type {NeighbourTableFacts} from '../protocol/facts.ts'

const thresholdFiles = [1, 2, 3].map((each) => `/proc/sys/net/ipv6/neigh/default/gc_thresh${each}`)
/** Both exist in the first network namespace only; init is in it, where the host's processes can be seen. */
const counterFiles = ['/proc/thread-self/net/stat/ndisc_cache', '/proc/1/net/stat/ndisc_cache']

type Counters = Omit<NeighbourTableFacts, 'known'>

/** The kernel's one neighbour table. Its files are opened before the agent enters a pod's network namespace, where they are not. */
export class NeighbourCounters implements Disposable {
  readonly #counters = counterFiles.map(open).find((file) => file !== undefined)
  readonly #thresholds = thresholdFiles.map(open)

  /** Undefined where the counters cannot be read. */
  read(): Counters | undefined {
    const counters = this.#counters === undefined ? undefined : sumOf(readAll(this.#counters))
    const [first, second, third] = this.#thresholds.map((file) => (file === undefined ? undefined : readAll(file)))
    if (counters === undefined) return undefined
    if (first === undefined || second === undefined || third === undefined) return counters
    return {...counters, thresholds: [Number(first), Number(second), Number(third)]}
  }

  [Symbol.dispose](): void {
    for (const file of [this.#counters, ...this.#thresholds]) if (file !== undefined) closeSync(file)
  }
}

/** One line of hexadecimal numbers a CPU; `entries` is the same in each. */
export function sumOf(text: string): Counters {
  const [titles = [], ...lines] = text.split('\n').map((line) => line.trim().split(/\s+/))
  const rows = lines.filter(({length}) => length === titles.length)
  const column = (title: string): number[] => rows.map((row) => parseInt(row[titles.indexOf(title)] ?? '0', 16))
  const sum = (title: string): number => column(title).reduce((total, each) => total + each, 0)
  return {entries: column('entries')[0] ?? 0, tableFulls: sum('table_fulls'), resolutionFailures: sum('res_failed')}
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (['ENOENT', 'EACCES', 'EPERM'].includes(code)) return undefined
    throw cause
  }
}

/** From the beginning each time: a file of /proc is made anew then. */
function readAll(file: number): string {
  const buffer = Buffer.alloc(65_536)
  let length = 0
  for (;;) {
    const read = readSync(file, buffer, length, buffer.length - length, length)
    length += read
    if (read === 0 || length === buffer.length) return buffer.toString('utf8', 0, length)
  }
}
