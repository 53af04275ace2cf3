import {readdirSync, readlinkSync} from 'node:fs'
import {setImmediate as nextTurn} from 'node:timers/promises'
import type {PeerFacts} from '../protocol/facts.ts'
import {type LinkFacts, readLinkFacts, requests} from './facts-netlink.ts'
import {readText} from './facts-settings.ts'
import {NativeError} from './native/failure.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {lookInside} from './native/netns.ts'
import {readParts} from './netlink-dump.ts'

/** A network namespace that no process is in yet, or ever, is not looked for again and again. */
const mostLooks = 4

/** Who is at the other end of each veth, found by looking at it from there: true for every CNI that uses veths. */
export class Peers {
  readonly #found = new Map<number, {readonly peerIndex: number | undefined; readonly peer: PeerFacts}>()
  readonly #looks = new Map<number, number>()
  #problem: string | undefined

  /** Why they are not known, where they cannot be. */
  get problem(): string | undefined {
    return this.#problem
  }

  of({index, peerIndex}: LinkFacts): PeerFacts | undefined {
    const found = this.#found.get(index)
    return found?.peerIndex === peerIndex ? found?.peer : undefined
  }

  /** Looks for the peers of these interfaces that are not known yet. */
  async look(links: readonly LinkFacts[]): Promise<void> {
    const present = new Set(links.map(({index}) => index))
    for (const each of [this.#found, this.#looks]) {
      for (const index of each.keys()) if (!present.has(index)) each.delete(index)
    }
    const wanted = links.filter((link) => link.facts.hasPeerElsewhere === true && this.of(link) === undefined)
    const open = wanted.filter(({index}) => (this.#looks.get(index) ?? 0) < mostLooks)
    if (open.length === 0 || this.#problem !== undefined) return
    for (const {index} of open) this.#looks.set(index, (this.#looks.get(index) ?? 0) + 1)
    try {
      await this.#lookInAll(open)
    } catch (cause) {
      if (!(cause instanceof NativeError) || cause.code !== 'EPERM') throw cause
      this.#problem =
        'Which pod an interface leads to is told by its addresses only: the agent may not enter network namespaces.'
    }
  }

  /** The event loop turns between one network namespace and the next. */
  async #lookInAll(links: readonly LinkFacts[]): Promise<void> {
    const left = new Map(links.map((link) => [link.index, link]))
    for (const pids of processesElsewhere().values()) {
      if (left.size === 0) return
      await nextTurn()
      for (const {index, peerIndex} of linksInside(pids[0] ?? '')) {
        const link = peerIndex === undefined ? undefined : left.get(peerIndex)
        if (link?.peerIndex !== index) continue
        this.#found.set(link.index, {peerIndex: index, peer: whoIs(pids)})
        left.delete(link.index)
      }
    }
  }
}

/** Processes by network namespace, without our own; without the host's processes there are none. */
function processesElsewhere(): ReadonlyMap<string, readonly string[]> {
  const home = readlinkSync('/proc/thread-self/ns/net')
  const found = new Map<string, string[]>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const namespace = readLink(`/proc/${pid}/ns/net`)
    if (namespace === undefined || namespace === home) continue
    const pids = found.get(namespace)
    if (pids === undefined) found.set(namespace, [pid])
    else pids.push(pid)
  }
  return found
}

function linksInside(pid: string): readonly LinkFacts[] {
  try {
    return lookInside(`/proc/${pid}/ns/net`, () => {
      using socket = new NetlinkSocket(0)
      return [...readParts(socket, requests.links, readLinkFacts)]
    })
  } catch (cause) {
    // The process ended meanwhile.
    if (['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '')) return [] // what node:fs throws
    throw cause
  }
}

const uidPattern = /pod([0-9a-f]{8}([-_])[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12})/

/** Of processes of one network namespace. */
export function whoIs(pids: readonly string[]): PeerFacts {
  const groups = pids.map((pid) => readText(`/proc/${pid}/cgroup`) ?? '')
  const containers = new Set(groups.flatMap((text) => text.match(/[0-9a-f]{64}/g) ?? []))
  const uid = groups.map((text) => uidPattern.exec(text)?.[1]).find((each) => each !== undefined)
  return {containers: [...containers].toSorted(), ...(uid !== undefined && {podUid: uid.replaceAll('_', '-')})}
}

export function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined
    throw cause
  }
}
