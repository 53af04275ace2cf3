import {spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs'
import {beforeAll} from 'vitest'

const root = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup'

/** In a cgroup that is named by `id`, as a runtime's are. */
export interface StandInContainer {
  readonly id: string
  pid: number
}

/** For the tests of whoever calls this; `inside` says how a command is run there. */
export function standInContainer(inside = (command: readonly string[]) => command): Readonly<StandInContainer> {
  const container = {id: randomBytes(32).toString('hex'), pid: 0}
  const group = `${root}/ka-${container.id}`
  beforeAll(() => {
    mkdirSync(group)
    const [program = '', ...rest] = inside(['sleep', '60'])
    const sleeping = spawn(program, rest)
    container.pid = sleeping.pid ?? 0
    writeFileSync(`${group}/cgroup.procs`, String(container.pid))
    return async () => {
      const ended = once(sleeping, 'exit')
      sleeping.kill('SIGKILL')
      await ended
      rmdirSync(group)
    }
  })
  return container
}
