import {readdirSync, readlinkSync} from 'node:fs'
import type {HeldSocket, ListenersAnswer, ListeningNamespace} from '../protocol/binding.ts'
import {readSurroundings} from './bind-surroundings.ts'
import {presentLinkFacts} from './facts.ts'
import {readText} from './facts-settings.ts'
import {lookInside} from './native/netns.ts'
import {type DiagSocket, listSockets} from './sock-diag.ts'
import {ownersOf} from './sock-diag-owners.ts'

/** Sockets of one namespace that are told. */
const mostTold = 2000

type Found = Omit<ListeningNamespace, 'sockets'> & {readonly sockets: readonly NamedSocket[]}
type NamedSocket = DiagSocket & {readonly device: string | undefined}

/** Who waits for clients, in the network namespace of the calling thread, or in each that a process of this machine is in. */
export function answerListeners({everywhere}: {readonly everywhere: boolean}): ListenersAnswer {
  const home = readlinkSync('/proc/thread-self/ns/net')
  const groups = processesByNamespace()
  const warnings: string[] = []
  const found = [look(groups.get(home) ?? [], true)]
  if (everywhere) {
    for (const [namespace, pids] of groups) {
      if (namespace === home) continue
      const other = lookElsewhere(pids, warnings)
      if (other !== undefined) found.push(other)
    }
  }
  return {type: 'listeners', namespaces: withOwners(found), warnings}
}

/** Of the namespace that the calling thread is in. */
function look(pids: readonly string[], isOwn: boolean): Found {
  const nameOf = new Map(presentLinkFacts().map(({index, facts}) => [index, facts.name]))
  const all = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ([4, 6] as const).flatMap((family) => listSockets({protocol, family, isWaiting: true})),
  )
  const sockets = all
    .filter(({port, peer}) => port !== 0 && peer === undefined)
    .slice(0, mostTold)
    .map((socket) => ({...socket, device: nameOf.get(socket.deviceIndex)}))
  return {...readSurroundings(), isOwn, containers: containersOf(pids), sockets}
}

/** Undefined for one whose processes have ended meanwhile. */
function lookElsewhere(pids: readonly string[], warnings: string[]): Found | undefined {
  for (const pid of pids) {
    try {
      return lookInside(`/proc/${pid}/ns/net`, () => look(pids, false))
    } catch (cause) {
      const {code = ''} = cause as NodeJS.ErrnoException // what node:fs and our own calls throw
      if (code === 'ENOENT' || code === 'ESRCH') continue
      if (code !== 'EACCES' && code !== 'EPERM') throw cause
      warnings.push(`The network namespace of process ${pid} cannot be entered (${code}): its sockets are left out.`)
      return undefined
    }
  }
  return undefined
}

/** One look at all processes serves every namespace: inodes of sockets are the machine's. */
function withOwners(found: readonly Found[]): readonly ListeningNamespace[] {
  const inodes = new Set(found.flatMap(({sockets}) => sockets.map(({inode}) => inode)).filter((inode) => inode !== 0))
  const owners = ownersOf(inodes)
  const described = ({deviceIndex, device, ...socket}: NamedSocket): HeldSocket => {
    const owner = owners.get(socket.inode)?.owner
    const bound = deviceIndex === 0 ? undefined : (device ?? String(deviceIndex))
    return {...socket, ...(bound !== undefined && {device: bound}), ...(owner !== undefined && {owner})}
  }
  const isOurs = ({owner}: HeldSocket): boolean => owner?.pid === process.pid
  return found.map(({sockets, ...rest}) => ({...rest, sockets: sockets.map(described).filter((each) => !isOurs(each))}))
}

/** Without the agent itself, which is in the target's namespace only to look. */
function processesByNamespace(): ReadonlyMap<string, readonly string[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const groups = Map.groupBy(pids, namespaceOf)
  groups.delete('')
  return groups
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return ''
    throw cause
  }
}

const containersOf = (pids: readonly string[]): readonly string[] => [
  ...new Set(pids.flatMap((pid) => (readText(`/proc/${pid}/cgroup`) ?? '').match(/[0-9a-f]{64}/g) ?? [])),
]
