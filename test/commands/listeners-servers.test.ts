import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {prepareServers, toldOf, wantedOf} from '../support/servers.ts'

const isRoot = process.getuid?.() === 0
const home = `listen-${process.pid}-s`
const ip = (command: string): string => execFileSync('ip', command.split(' '), {encoding: 'utf8'})

describe.skipIf(!isRoot)('listeners, of servers in', () => {
  const prepared = isRoot ? prepareServers() : undefined
  const servers = prepared?.servers ?? []
  const running: ChildProcess[] = []
  let lines: readonly JsonLine[] = []
  let stdout = ''

  beforeAll(async () => {
    ip(`netns add ${home}`)
    ip(`-n ${home} link set lo up`)
    for (const {line} of servers)
      running.push(spawn('ip', ['netns', 'exec', home, 'sh', '-c', line], {cwd: prepared?.folder, stdio: ['pipe', 'ignore', 'inherit']})) // prettier-ignore
    for (const {name, last} of servers) await until(name, () => isWaiting(last))
    await using plugin = new Plugin(['listeners', 'local', '-o', 'json'], {prefix: ['ip', 'netns', 'exec', home]})
    const {stderr} = await plugin.ended
    lines = plugin.lines
    stdout = plugin.stdout
    if (lines.length === 0) throw new Error(stderr)
  }, 120_000)
  afterAll(async () => {
    const ended = running.map((child) => once(child, 'close'))
    for (const child of running) child.stdin?.end()
    await Promise.all(ended)
    ip(`netns delete ${home}`)
    prepared?.[Symbol.dispose]()
  })

  test.each(servers)('$name: each socket’s V6ONLY and the families that reach it', (server) => {
    expect(toldOf(server, lines)).toEqual(wantedOf(server))
    const own = lines.filter(({kind, port}) => kind === 'listener' && port === server.last)
    expect(own.map(({process: name}) => name)).toEqual(own.map(() => server.process))
  })

  test.runIf(servers.some(({name}) => name === 'Go'))('Go, asked for 0.0.0.0: told as both families’', () => {
    const own = lines.find(({kind, rule}) => kind === 'finding' && rule === 'bind/dual-stack-wildcard')
    expect(own).toMatchObject({severity: 'info', node: 'local'})
    expect(String(own?.['detail'])).toContain('9201/tcp (Go)')
    expect(stdout).not.toContain('9202/tcp (Go)')
  })
})

/** systemd's socket waits before there is a server. */
function isWaiting(port: number): boolean {
  const said = ip(`netns exec ${home} ss -Hlntp sport = :${port}`)
  return said.includes('LISTEN') && !said.includes('"systemd-socket')
}

async function until(name: string, isSo: () => boolean): Promise<void> {
  const limit = Date.now() + 100_000
  while (!isSo()) {
    if (Date.now() > limit) throw new Error(`the server in ${name} does not listen`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
