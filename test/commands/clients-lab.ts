import {type ChildProcess, execFile, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {statSync} from 'node:fs'
import {createInterface} from 'node:readline'
import {promisify} from 'node:util'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

export const kernelTypes = '/sys/kernel/btf/vmlinux'
/** Of a shell before the plugin starts: `ip netns exec` gives it a mount namespace of its own. */
export const withoutTypes = 'mount -t tmpfs none /sys/kernel/btf'
export const withoutTracepoint = (name: string): string =>
  `mount -t tmpfs none /mnt && sed s/btf_trace_${name}/btf_trick_${name}/ ${kernelTypes} >/mnt/types && mount --bind /mnt/types ${kernelTypes}`

/** A network namespace of its own with servers in it, and programs that use them. */
export class ClientsLab implements AsyncDisposable {
  readonly name: string
  readonly #children: ChildProcess[] = []

  constructor(name: string) {
    this.name = `clients-${process.pid}-${name}`
    ip(`netns add ${this.name}`)
    ip(`-n ${this.name} link set lo up`)
  }

  get inode(): number {
    return statSync(`/run/netns/${this.name}`).ino
  }

  /** The program of that name, here. */
  ip(command: string): void {
    ip(`-n ${this.name} ${command}`)
  }

  /** Frames to it leave, and nothing comes back. */
  addSilentNeighbour(address: string): void {
    this.ip('link add v0 type veth peer name v1')
    for (const end of ['v0', 'v1']) this.ip(`link set ${end} up`)
    this.ip(`address add ${address.replace(/\d+$/, 'ff')}/64 dev v0 nodad`)
    this.ip(`neighbour add ${address} lladdr 02:00:00:00:00:01 dev v0`)
  }

  /** A program of Python that says `ready` and then reads a line on stdin at each step, saying `done` after it. */
  async start(program: string): Promise<Steps> {
    const child = spawn('ip', ['netns', 'exec', this.name, '/usr/bin/python3', '-c', program], {stdio: ['pipe', 'pipe', 'inherit']}) // prettier-ignore
    this.#children.push(child)
    const steps = new Steps(child)
    await steps.heard()
    return steps
  }

  /** Runs a program of Python to its end. */
  async run(program: string): Promise<string> {
    const command = ['netns', 'exec', this.name, '/usr/bin/python3', '-c', program]
    return (await promisify(execFile)('ip', command, {timeout: 60_000})).stdout
  }

  watch(...flags: string[]): Plugin {
    return this.plugin(['clients', 'local', '-o', 'json', '--interval', '200ms', ...flags])
  }

  /** Here, with a file system of its own in which `prepare`, a shell's line, has been done. */
  plugin(args: readonly string[], prepare = ':'): Plugin {
    return new Plugin(args, {prefix: ['ip', 'netns', 'exec', this.name, 'sh', '-c', `${prepare} && exec "$@"`, 'sh']})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map((child) => once(child, 'close'))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(ended)
    ip(`netns delete ${this.name}`)
  }
}

export class Steps {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(child: ChildProcess) {
    this.#child = child
    if (child.stdout === null) throw new TypeError('stdout is a pipe')
    this.#lines = createInterface({input: child.stdout})[Symbol.asyncIterator]()
  }

  async heard(): Promise<void> {
    const {done} = await this.#lines.next()
    if (done === true) throw new Error('the program has ended')
  }

  async next(): Promise<void> {
    this.#child.stdin?.write('\n')
    await this.heard()
  }
}

/** The last line of each listener and kind of client that is about this port. */
export const kindsAt = (lines: readonly JsonLine[], port: number): readonly unknown[] =>
  (lines.findLast(({kind, port: each, clients}) => kind === 'listener' && each === port && clients !== undefined)?.['clients'] as unknown[] | undefined) ?? [] // prettier-ignore
