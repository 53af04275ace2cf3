import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'

const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const isRoot = process.getuid?.() === 0
const space = `kc-${process.pid}`
let socket = ''
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
const tmux = (...args: string[]): string => run('tmux', '-L', socket, '-f', '/dev/null', ...args)
const screen = (): string => tmux('capture-pane', '-p', '-t', 'live')
const press = (...keys: string[]): string => tmux('send-keys', '-t', 'live', ...keys)
const ask = (what: string): string => tmux('display-message', '-p', '-t', 'live', what).trim()

async function until(what: () => boolean, withinMs = 10_000): Promise<void> {
  const limit = Date.now() + withinMs
  while (!what()) {
    if (Date.now() > limit) throw new Error(`never came; the screen shows:\n${screen()}`)
    await delay(50)
  }
}
const shows = (text: string): Promise<void> => until(() => screen().includes(text))

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
    socket = `${space}-${randomUUID()}` // a server that ends takes new sessions with it
    tmux('new-session', '-d', '-x', '120', '-y', '20', '-s', 'live', 'env PS1=prompt: bash --norc --noprofile -i')
    press(`echo before; ip netns exec ${space} ${plugin} observe local -i ${space}; echo status=$?`, 'Enter')
    await shows('echo-request')
  })
  afterEach(async () => {
    press('q')
    await delay(300)
    tmux('kill-server')
  })

  test('draws on the alternate screen with a hidden cursor', () => {
    expect(ask('#{alternate_on} #{cursor_flag}')).toBe('1 0')
    expect(screen()).toMatch(/^kubectl ipv6 observe local +[\d.]+/)
    expect(screen()).toContain('fd00:cafe::1')
  })

  test('follows the size of the terminal', async () => {
    tmux('resize-window', '-t', 'live', '-x', '60', '-y', '12')
    await until(() => screen().split('\n').length <= 13 && screen().includes('q quit'))
    expect(
      screen()
        .split('\n')
        .every((line) => line.length <= 60),
    ).toBe(true)
    tmux('resize-window', '-t', 'live', '-x', '160', '-y', '30')
    // The old frame may still be on the screen that has grown already.
    await until(() => screen().trimEnd().split('\n').length === 30 && screen().includes('enter details'))
    expect(screen()).toContain('PATH')
  })

  test('stands still while paused and goes on afterwards', async () => {
    const row = (): string =>
      screen()
        .split('\n')
        .find((line) => line.includes('echo-request')) ?? ''
    press('Space')
    await shows('PAUSED')
    const still = row()
    await delay(1500)
    const packets = (line: string): string => line.split(/ {2,}/).slice(3, 7).join(' ')
    expect(packets(row())).toBe(packets(still))
    press('Space')
    await until(() => packets(row()) !== packets(still))
    expect(screen()).not.toContain('PAUSED')
  })

  test('sorts, filters and opens a row', async () => {
    expect(screen()).toContain('BIT/S▼')
    press('s', 'r')
    await shows('PKT/S▲')
    press('Enter')
    await shows('counted at')
    expect(screen()).toMatch(/path +out kc-/)
    press('/')
    press('-l', 'nothing-like-this')
    await shows('No conversation matches "nothing-like-this".')
    press('Escape')
    await shows('echo-request')
  })

  test('q ends it: the screen comes back, then the summary, and the status is 0', async () => {
    press('q')
    await shows('status=0')
    expect(ask('#{alternate_on} #{cursor_flag}')).toBe('0 1')
    const all = tmux('capture-pane', '-p', '-S', '-200', '-t', 'live')
    expect(all).toMatch(/before[\s\S]*every packet accounted for[\s\S]*nothing is left/)
    press('stty -a | tr " " "\\n" | grep -cxE "echo|icanon|isig"', 'Enter')
    await shows('\n3\n')
  })

  test.each(['C-c', 'SIGTERM', 'SIGHUP'])('%s ends it the same way', async (signal) => {
    if (signal === 'C-c') press('C-c')
    else process.kill(Number(processId()), signal)
    await shows('status=0')
    expect(ask('#{alternate_on} #{cursor_flag}')).toBe('0 1')
  })

  test('a second Ctrl-C is answered on the screen, not written over it', async () => {
    const agent = Number(run('pgrep', '-P', processId()).trim().split('\n')[0])
    process.kill(agent, 'SIGSTOP')
    press('C-c')
    await shows('Ending: 1 node still to detach.')
    press('C-c')
    await shows('Ending: 1 node still to detach. Still waiting for the nodes')
    expect(screen()).toMatch(/^kubectl ipv6 observe local/)
    process.kill(agent, 'SIGCONT')
    await shows('status=0')
    expect(tmux('capture-pane', '-p', '-S', '-200', '-t', 'live')).not.toContain('Still waiting')
  })

  test('Ctrl-Z gives the shell back its screen, and fg the view', async () => {
    press('C-z')
    await shows('Stopped')
    expect(ask('#{alternate_on} #{cursor_flag}')).toBe('0 1')
    press('fg', 'Enter')
    await until(() => ask('#{alternate_on}') === '1')
    await shows('echo-request')
  })

  test('a bug that nobody caught still restores the screen', async () => {
    // SIGUSR1 opens Node's inspector, which is the way in for the exception.
    const pid = Number(processId())
    process.kill(pid, 'SIGUSR1')
    await until(
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
    await until(() => ask('#{alternate_on} #{cursor_flag}') === '0 1')
    await shows('status=70')
    expect(tmux('capture-pane', '-p', '-S', '-200', '-t', 'live')).toContain('This is a bug in kubectl ipv6')
  })
})
