import {readdirSync, readFileSync} from 'node:fs'

/** USER_HZ, in which /proc/PID/stat counts: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

export function childOf(parent: number): number {
  const agents = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
  const [agent] = agents
  if (agent === undefined) throw new Error(`process ${parent} has no child`)
  return agent
}

function fields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return [] // it ended between the listing and the look
  }
}

const parentOf = (pid: number) => Number(fields(pid)[1])

/** Of all its threads, since it began. */
export const cpuSeconds = (pid: number): number => (Number(fields(pid)[11]) + Number(fields(pid)[12])) / ticksPerSecond
export const residentMegabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
