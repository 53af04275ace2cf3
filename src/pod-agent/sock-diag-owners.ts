import {readdirSync, readlinkSync} from 'node:fs'
import {basename} from 'node:path'
import type {SocketOwner} from '../protocol/binding.ts'
import {readText} from './facts-settings.ts'
import {runtimeOf} from './sock-diag-runtime.ts'

export interface Owned {
  readonly owner: SocketOwner
  /** Of the socket in that process. */
  readonly descriptor: number
}

/** Who holds these sockets, by inode: every process that can be looked at is. Of several that share one, the one with the lowest pid. */
export function ownersOf(inodes: ReadonlySet<number>): ReadonlyMap<number, Owned> {
  const found = new Map<number, Owned>()
  if (inodes.size === 0) return found
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b) // prettier-ignore
  for (const pid of pids) {
    for (const {inode, descriptor} of socketsOf(pid)) {
      if (inodes.has(inode) && !found.has(inode)) found.set(inode, {owner: whoIs(pid), descriptor})
    }
    if (found.size === inodes.size) break
  }
  return found
}

function* socketsOf(pid: number): Generator<{readonly inode: number; readonly descriptor: number}> {
  for (const name of listing(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`))?.[1]
    if (inode !== undefined) yield {inode: Number(inode), descriptor: Number(name)}
  }
}

const uidPattern = /pod([0-9a-f]{8}([-_])[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12})/

function whoIs(pid: number): SocketOwner {
  const group = readText(`/proc/${pid}/cgroup`) ?? ''
  const container = /[0-9a-f]{64}/.exec(group)?.[0]
  const podUid = uidPattern.exec(group)?.[1]?.replaceAll('_', '-')
  const runtime = runtimeOf(pid)
  const words = readText(`/proc/${pid}/cmdline`) ?? ''
  return {
    pid,
    process: nameOf(pid),
    ...(container !== undefined && {container}),
    ...(podUid !== undefined && {podUid}),
    ...(runtime !== undefined && {runtime}),
    ...(/(?<![\d.])0\.0\.0\.0(?![\d.])/.test(words) && {asksIpv4: true}),
  }
}

/** Node 24 calls its first thread so, and the kernel a process by its first thread. */
const nodeThread = 'MainThread'

function nameOf(pid: number): string {
  const name = (readText(`/proc/${pid}/comm`) ?? '').trimEnd()
  return name === nodeThread ? basename(link(`/proc/${pid}/exe`)) || name : name
}

const gone = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

/** A process that ended meanwhile, or is not for us, has no descriptors. */
function listing(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch (cause) {
    if (gone.has((cause as NodeJS.ErrnoException).code ?? '')) return [] // what node:fs throws
    throw cause
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch (cause) {
    if (gone.has((cause as NodeJS.ErrnoException).code ?? '')) return '' // what node:fs throws
    throw cause
  }
}
