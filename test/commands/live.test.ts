import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {Screen} from '../support/screen.ts'

const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const isRoot = process.getuid?.() === 0
const space = `kc-${process.pid}`
let screen: Screen
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})

/** Our process, below the shell of the pane. */
const processId = (): string => run('pgrep', '-f', '-n', `dist/cli/cli.js observe local -i ${space}`).trim()

beforeAll(() => {
  if (!isRoot) return
  run('ip', 'netns', 'add', space)
  run('ip', '-n', space, 'link', 'add', space, 'type', 'veth', 'peer', 'name', 'peer')
  for (const device of [space, 'peer', 'lo']) run('ip', '-n', space, 'link', 'set', device, 'up')
  run('ip', '-n', space, 'addr', 'add', 'fd00:cafe::1/64', 'dev', space, 'nodad')
  run('ip', '-n', space, 'neigh', 'add', 'fd00:cafe::2', 'lladdr', '02:00:00:00:00:02', 'dev', space)
  spawn('ip', ['netns', 'exec', space, 'ping', '-6', '-q', '-i', '0.05', 'fd00:cafe::2'], {stdio: 'ignore'})
})

afterAll(() => {
  if (!isRoot) return
  for (const pid of run('ip', 'netns', 'pids', space).split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL')
  run('ip', 'netns', 'del', space)
})

describe.skipIf(!isRoot || spawnSync('tmux', ['-V']).status !== 0)('the live view (needs root and tmux)', () => {
  beforeEach(async () => {
    screen = new Screen(`echo before; ip netns exec ${space} ${plugin} observe local -i ${space}; echo status=$?`)
    await screen.shows('echo-request')
  })
  afterEach(() => screen[Symbol.asyncDispose]())

  test('draws on the alternate screen with a hidden cursor', () => {
    expect(screen.mode).toBe('1 0')
    expect(screen.text).toMatch(/^kubectl ipv6 observe local +[\d.]+/)
    expect(screen.text).toContain('fd00:cafe::1')
  })

  test('follows the size of the terminal', async () => {
    screen.resize(60, 12)
    await screen.until(() => screen.text.split('\n').length <= 13 && screen.text.includes('q quit'))
    expect(screen.text.split('\n').every((line) => line.length <= 60)).toBe(true)
    screen.resize(160, 30)
    // The old frame may still be on the screen that has grown already.
    await screen.until(() => screen.text.trimEnd().split('\n').length === 30 && screen.text.includes('enter details'))
    expect(screen.text).toContain('PATH')
  })

  test('stands still while paused and goes on afterwards', async () => {
    const row = (): string => screen.text.split('\n').find((line) => line.includes('echo-request')) ?? ''
    screen.press('Space')
    await screen.shows('PAUSED')
    const still = row()
    await delay(1500)
    const packets = (line: string): string => line.split(/ {2,}/).slice(3, 7).join(' ')
    expect(packets(row())).toBe(packets(still))
    screen.press('Space')
    await screen.until(() => packets(row()) !== packets(still))
    expect(screen.text).not.toContain('PAUSED')
  })

  test('sorts, filters and opens a row', async () => {
    expect(screen.text).toContain('BIT/S▼')
    screen.press('s', 'r')
    await screen.shows('PKT/S▲')
    screen.press('Enter')
    await screen.shows('counted at')
    expect(screen.text).toMatch(/path +out kc-/)
    screen.press('/')
    screen.type('nothing-like-this')
    await screen.shows('No conversation matches "nothing-like-this".')
    screen.press('Escape')
    await screen.shows('echo-request')
  })

  test('q ends it: the screen comes back, then the summary, and the status is 0', async () => {
    screen.press('q')
    await screen.shows('status=0')
    expect(screen.mode).toBe('0 1')
    const all = screen.scrolled
    expect(all).toMatch(/before[\s\S]*every packet accounted for[\s\S]*nothing is left/)
    screen.press('stty -a | tr " " "\\n" | grep -cxE "echo|icanon|isig"', 'Enter')
    await screen.shows('\n3\n')
  })

  test.each(['C-c', 'SIGTERM', 'SIGHUP'])('%s ends it the same way', async (signal) => {
    if (signal === 'C-c') screen.press('C-c')
    else process.kill(Number(processId()), signal)
    await screen.shows('status=0')
    expect(screen.mode).toBe('0 1')
  })

  test('a second Ctrl-C is answered on the screen, not written over it', async () => {
    const agent = Number(run('pgrep', '-P', processId()).trim().split('\n')[0])
    process.kill(agent, 'SIGSTOP')
    screen.press('C-c')
    await screen.shows('Ending: 1 node still to detach.')
    screen.press('C-c')
    await screen.shows('Ending: 1 node still to detach. Still waiting for the nodes')
    expect(screen.text).toMatch(/^kubectl ipv6 observe local/)
    process.kill(agent, 'SIGCONT')
    await screen.shows('status=0')
    expect(screen.scrolled).not.toContain('Still waiting')
  })

  test('Ctrl-Z gives the shell back its screen, and fg the view', async () => {
    screen.press('C-z')
    await screen.shows('Stopped')
    expect(screen.mode).toBe('0 1')
    screen.press('fg', 'Enter')
    await screen.until(() => screen.mode.startsWith('1'))
    await screen.shows('echo-request')
  })

  test('a bug that nobody caught still restores the screen', async () => {
    // SIGUSR1 opens Node's inspector, which is the way in for the exception.
    const pid = Number(processId())
    process.kill(pid, 'SIGUSR1')
    await screen.until(
      () => spawnSync('ip', ['netns', 'exec', space, 'ss', '-ltnH', 'sport = :9229'], {encoding: 'utf8'}).stdout !== '',
    )
    const script = `
      const [{webSocketDebuggerUrl}] = await (await fetch('http://127.0.0.1:9229/json')).json()
      const socket = new WebSocket(webSocketDebuggerUrl)
      await new Promise((resolve) => socket.addEventListener('open', resolve))
      const expression = "setTimeout(() => { throw new Error('provoked') })"
      socket.send(JSON.stringify({id: 1, method: 'Runtime.evaluate', params: {expression}}))
      setTimeout(() => process.exit(), 500)`
    spawnSync('ip', ['netns', 'exec', space, process.execPath, '--input-type=module', '-e', script])
    await screen.until(() => screen.mode === '0 1')
    await screen.shows('status=70')
    expect(screen.scrolled).toContain('This is a bug in kubectl ipv6')
  })
})
