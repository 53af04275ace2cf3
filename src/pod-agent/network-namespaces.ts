import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {networkInterfaces} from 'node:os'
import {hasCapabilities} from '../protocol/capabilities.ts'

/** Where names are: here, and of the node that a pod with its processes is on. */
const folders = ['/run/netns', '/proc/1/root/run/netns']
/** Who is in which network namespace. */
export interface Census {
  /** Processes by the inode of their namespace, without the agent itself, which may be anywhere to look. */
  readonly processes: ReadonlyMap<number, readonly string[]>
  /** There are processes whose namespace is not for us to know. */
  readonly isPartial: boolean
}

/** Inode of the network namespace of the calling thread. */
export const ownNetwork = (): number => statSync('/proc/thread-self/ns/net').ino

const networkPath = (pid: string): string => `/proc/${pid}/ns/net`

/** Of every process of this machine. */
export function takeCensus(): Census {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const processes = new Map<number, string[]>()
  let hidden = 0
  for (const pid of pids) {
    const network = networkAt(networkPath(pid))
    if (network === 'hidden') hidden += 1
    if (typeof network !== 'number') continue
    const known = processes.get(network) ?? []
    processes.set(network, known)
    known.push(pid)
  }
  return {processes, isPartial: hidden > 0 && !mayReadProcesses()}
}

export interface OtherNetworks {
  /** The paths to each, by its inode: of the processes in it, and of its name. */
  readonly paths: ReadonlyMap<number, readonly string[]>
  /** There are namespaces that are not for us to know. */
  readonly isPartial: boolean
}

/** Each network namespace that a process is in or that has a name, but the calling thread's own. A name holds one that only sockets of processes elsewhere are in. */
export function otherNetworks({processes, isPartial}: Census): OtherNetworks {
  const found = new Map([...processes].map(([network, pids]) => [network, pids.map(networkPath)]))
  const named = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  let isHidden = isPartial
  for (const path of named) {
    const network = networkAt(path)
    if (network === 'hidden') isHidden = true
    if (typeof network === 'number') found.set(network, [...(found.get(network) ?? []), path])
  }
  found.delete(ownNetwork())
  return {paths: found, isPartial: isHidden}
}

/** Inode of the one that this path leads to; undefined where it leads nowhere any more. */
function networkAt(path: string): number | 'hidden' | undefined {
  try {
    return statSync(path).ino
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    if (code === 'EACCES' || code === 'EPERM') return 'hidden'
    throw cause
  }
}

const mayReadProcesses = (): boolean => hasCapabilities(readFileSync('/proc/self/status', 'utf8'), ['SYS_PTRACE'])

export const deserted =
  'The pod has ended: no process is left in its network namespace. This is what was counted until then.'

/**
 * Tells when a pod has ended: nobody is in its network namespace any more, and nothing leads out of it. Made in that namespace, and asked there.
 * A pod whose containers start again and again is empty in between where no pause container holds its place (CRI-O's `drop_infra_ctr`): it keeps its interface.
 */
export class Inhabitants {
  readonly #network = ownNetwork()
  #one = this.#find()

  /** False where nobody was seen from the start. */
  haveLeft(): boolean {
    if (this.#one === undefined || networkAt(networkPath(this.#one)) === this.#network) return false
    const other = this.#find()
    if (other === undefined) return !hasWayOut()
    this.#one = other
    return false
  }

  /** Agents are there only to look, like this one. */
  #find(): string | undefined {
    const own = programOf('self')
    return takeCensus()
      .processes.get(this.#network)
      ?.find((pid) => programOf(pid) !== own)
  }
}

/** An interface that is up and has an address: what tunnels' modules put into each namespace is down. */
const hasWayOut = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({internal}) => !internal) === true)

/** What node runs, whatever flags it has. */
function programOf(pid: string): string | undefined {
  try {
    const [program = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return `${program} ${words.find((word) => !word.startsWith('-')) ?? ''}`
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw cause
  }
}
