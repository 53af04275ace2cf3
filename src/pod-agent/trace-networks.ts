import {existsSync, readdirSync, statSync} from 'node:fs'
import type {NetworkFacts} from '../protocol/drops.ts'
import {readLink, whoIs} from './facts-peers.ts'

const named = '/run/netns'
/** A namespace that no process is in yet, or ever, is not looked for again and again. */
const mostLooks = 4

/** Who lives in network namespaces, by inode; the host's is nobody's. */
export class Networks {
  readonly #told = new Set<number>()
  readonly #looks = new Map<number, number>()

  /** Of those of these that were not told before. */
  meet(inodes: Iterable<number>): Readonly<Record<string, NetworkFacts>> {
    const open = new Set([...inodes].filter((inode) => !this.#told.has(inode)))
    for (const inode of open) {
      const looks = (this.#looks.get(inode) ?? 0) + 1
      this.#looks.set(inode, looks)
      if (looks > mostLooks) open.delete(inode)
    }
    if (open.size === 0) return {}
    const processes = processesByNetwork(open)
    const names = namesByNetwork(open)
    const met = [...open].flatMap((inode) => {
      const [pids, name] = [processes.get(inode), names.get(inode)]
      if (pids === undefined && name === undefined) return []
      this.#told.add(inode)
      return [[String(inode), {...whoIs(pids ?? []), ...(name !== undefined && {name})}] as const]
    })
    return Object.fromEntries(met)
  }
}

/** Without the host's own, whose processes are of no pod or of many. Where other processes are not to be looked at, there are none. */
function processesByNetwork(wanted: ReadonlySet<number>): ReadonlyMap<number, readonly string[]> {
  const host = inodeOf('/proc/1/ns/net')
  const found = new Map<number, string[]>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const inode = inodeOf(`/proc/${pid}/ns/net`)
    if (inode === undefined || inode === host || !wanted.has(inode)) continue
    const pids = found.get(inode)
    if (pids === undefined) found.set(inode, [pid])
    else pids.push(pid)
  }
  return found
}

/** `net:[4026531840]`. */
function inodeOf(path: string): number | undefined {
  const inode = /\[(\d+)\]/.exec(readLink(path) ?? '')?.[1]
  return inode === undefined ? undefined : Number(inode)
}

function namesByNetwork(wanted: ReadonlySet<number>): ReadonlyMap<number, string> {
  if (!existsSync(named)) return new Map()
  const all = readdirSync(named).flatMap((name): readonly [number, string][] => {
    const {ino} = statSync(`${named}/${name}`, {throwIfNoEntry: false}) ?? {}
    return ino !== undefined && wanted.has(ino) ? [[ino, name]] : []
  })
  return new Map(all)
}
