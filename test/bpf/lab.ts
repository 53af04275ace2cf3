import {execFileSync, spawn} from 'node:child_process'
import {closeSync, openSync} from 'node:fs'
import {join} from 'node:path'
import {enterNetwork} from '../../src/pod-agent/native/netns.ts'

export const near = {ip: 'fd00:6b::1', device: 'near'}
export const far = {ip: 'fd00:6b::2', device: 'far'}
export const script = (name: string): string => join(import.meta.dirname, '../support', name)

/** Two namespaces and a veth between them. This thread moves into the near one; its children follow. */
export class Lab implements Disposable {
  readonly #names: readonly [near: string, far: string]
  readonly #home = openSync('/proc/thread-self/ns/net', 'r')

  constructor() {
    this.#names = [`kb-${process.pid}-near`, `kb-${process.pid}-far`]
    for (const name of this.#names) execFileSync('ip', ['netns', 'add', name])
    enterNetwork(`/run/netns/${this.#names[0]}`)
    this.run('ip link set lo up')
    this.run(`ip link add ${near.device} type veth peer name ${far.device} netns ${this.#names[1]}`)
    this.run(`ip link set ${near.device} up`)
    this.run(`ip address add ${near.ip}/64 dev ${near.device} nodad`)
    this.farRun(`ip link set ${far.device} up`)
    this.farRun(`ip address add ${far.ip}/64 dev ${far.device} nodad`)
  }

  run(command: string, input?: string): string {
    const [program = '', ...rest] = command.split(' ')
    return execFileSync(program, rest, {
      encoding: 'utf8',
      timeout: 30_000,
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  farRun(command: string, input?: string): string {
    return this.run(`${this.inFar} ${command}`, input)
  }

  get inFar(): string {
    return `ip netns exec ${this.#names[1]}`
  }

  index(device: string): number {
    return Number.parseInt(this.run(`ip -o link show dev ${device}`))
  }

  /** Segments that TCP of the far side has sent: RFC 4022 counts repeated ones apart. */
  farSegments(): number {
    const rows = this.farRun('cat /proc/net/snmp')
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
    const [names = [], values = []] = rows.map((line) => line.split(' '))
    const counter = (name: string) => Number(values[names.indexOf(name)])
    return counter('OutSegs') + counter('RetransSegs')
  }

  /** One TCP transfer from the far side. */
  async transfer(...options: readonly string[]): Promise<void> {
    const server = spawn('iperf3', ['-s', '-1', '-6', '-B', near.ip, '--forceflush'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => server.once('close', resolve))
    await new Promise((resolve) => server.stdout.once('data', resolve))
    try {
      this.farRun(`iperf3 -c ${near.ip} ${options.join(' ')}`)
    } finally {
      server.kill()
      await ended
    }
  }

  [Symbol.dispose](): void {
    enterNetwork(`/proc/self/fd/${this.#home}`)
    closeSync(this.#home)
    for (const name of this.#names) execFileSync('ip', ['netns', 'delete', name])
  }
}
