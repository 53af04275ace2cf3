import type {HeldSocket, ListenersAnswer, ListeningNamespace} from '../protocol/binding.ts'
import {placeOnDevice} from './bind-holders.ts'
import {readSurroundings} from './bind-surroundings.ts'
import {presentLinkFacts} from './facts.ts'
import {readText} from './facts-settings.ts'
import {lookInside} from './native/netns.ts'
import {otherNetworks, ownNetwork, takeCensus} from './network-namespaces.ts'
import {type DiagSocket, listSockets} from './sock-diag.ts'
import {ownersOf} from './sock-diag-owners.ts'

/** Sockets of one namespace that are told. */
const mostTold = 10_000
const hiddenProcesses =
  'Network namespaces of pods cannot be seen without SYS_PTRACE and SYS_ADMIN: only sockets of the node itself are told. Try --profile privileged.'

type Found = Omit<ListeningNamespace, 'sockets'> & {readonly sockets: readonly NamedSocket[]}
type NamedSocket = DiagSocket & {readonly device: string | undefined}

/** Who waits for clients, in the network namespace of the calling thread, or in each that a process of this machine is in. */
export function answerListeners({everywhere}: {readonly everywhere: boolean}): ListenersAnswer {
  const home = ownNetwork()
  const census = takeCensus()
  const warnings: string[] = []
  const found = [look(census.processes.get(home) ?? [], {isOwn: true, warnings})]
  if (everywhere) {
    const {paths: others, isPartial} = otherNetworks(census)
    if (isPartial) warnings.push(hiddenProcesses)
    for (const [network, paths] of others) {
      const other = lookElsewhere(paths, census.processes.get(network) ?? [], warnings)
      if (other !== undefined) found.push(other)
    }
  }
  return {type: 'listeners', namespaces: withOwners(found), warnings}
}

/** Of the namespace that the calling thread is in. */
function look(
  pids: readonly string[],
  {isOwn, warnings}: {readonly isOwn: boolean; readonly warnings: string[]},
): Found {
  const nameOf = new Map(presentLinkFacts().map(({index, facts}) => [index, facts.name]))
  const all = (['tcp', 'udp'] as const)
    .flatMap((protocol) => ([4, 6] as const).flatMap((family) => listSockets({protocol, family, isWaiting: true})))
    .filter(({port, peer}) => port !== 0 && peer === undefined)
    .toSorted((a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port)
  const surroundings = readSurroundings()
  if (all.length > mostTold) warnings.push(`Of ${all.length} listeners in network namespace ${surroundings.netns}, the ${mostTold} with the lowest ports are told, TCP first.`) // prettier-ignore
  const sockets = all.slice(0, mostTold).map((socket) => ({...socket, device: nameOf.get(socket.deviceIndex)}))
  return {...surroundings, isOwn, containers: containersOf(pids), sockets}
}

/** Undefined for one that has ended meanwhile. */
function lookElsewhere(paths: readonly string[], pids: readonly string[], warnings: string[]): Found | undefined {
  for (const path of paths) {
    try {
      return lookInside(path, () => look(pids, {isOwn: false, warnings}))
    } catch (cause) {
      const {code = ''} = cause as NodeJS.ErrnoException // what node:fs and our own calls throw
      // A name that is left over stands for nothing: EINVAL.
      if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') continue
      if (code !== 'EACCES' && code !== 'EPERM') throw cause
      warnings.push(`The network namespace at ${path} cannot be entered (${code}): its sockets are left out.`)
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
    return {...socket, ...placeOnDevice(socket.address, bound), ...(owner !== undefined && {owner})}
  }
  const isOurs = ({owner}: HeldSocket): boolean => owner?.pid === process.pid
  return found.map(({sockets, ...rest}) => ({...rest, sockets: sockets.map(described).filter((each) => !isOurs(each))}))
}

const containersOf = (pids: readonly string[]): readonly string[] => [
  ...new Set(pids.flatMap((pid) => (readText(`/proc/${pid}/cgroup`) ?? '').match(/[0-9a-f]{64}/g) ?? [])),
]
