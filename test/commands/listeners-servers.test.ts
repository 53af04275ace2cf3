import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {prepareServers, RunningServers, toldOf, wantedOf} from '../support/servers.ts'

const isRoot = process.getuid?.() === 0
const home = `listen-${process.pid}-s`
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

describe.skipIf(!isRoot)('listeners, of servers in', () => {
  const prepared = isRoot ? prepareServers() : undefined
  const servers = prepared?.servers ?? []
  const enter = ['ip', 'netns', 'exec', home]
  let running: RunningServers | undefined
  let lines: readonly JsonLine[] = []
  let stdout = ''

  beforeAll(async () => {
    ip(`netns add ${home}`)
    ip(`-n ${home} link set lo up`)
    running = new RunningServers(servers, {enter, folder: prepared?.folder ?? ''})
    await running.waiting(servers)
    await using plugin = new Plugin(['listeners', 'local', '-o', 'json'], {prefix: enter})
    const {stderr} = await plugin.ended
    lines = plugin.lines
    stdout = plugin.stdout
    if (lines.length === 0) throw new Error(stderr)
  }, 120_000)
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]()
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
