import {readdirSync, readFileSync} from 'node:fs'
import {namespaceRefused, noContainerProcess} from '../errors.ts'
import {enterNetwork} from './native/netns.ts'

/** Enters the network namespace that these containers of one pod share. */
export function enterNetworkOfContainers(containers: readonly string[]): void {
  const pid = processOf(containers)
  if (pid === undefined) throw noContainerProcess(containers)
  try {
    enterNetwork(`/proc/${pid}/ns/net`)
  } catch (cause) {
    throw namespaceRefused(pid, cause)
  }
}

/** A process of one of these containers: the first process of its PID namespace where there is one, since its children may have unshared. */
export function processOf(containers: readonly string[], proc = '/proc'): number | undefined {
  const processes = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => containers.some((id) => readProcess(`${proc}/${pid}/cgroup`).includes(id)))
  const first = processes.find((pid) => /^NSpid:.*\t1$/m.test(readProcess(`${proc}/${pid}/status`)))
  const found = first ?? processes[0]
  return found === undefined ? undefined : Number(found)
}

function readProcess(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return ''
    throw cause
  }
}
