import {execFileSync, spawn, type ChildProcess} from 'node:child_process'

export const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 256 << 20})
export const plugin = `${import.meta.dirname}/../bin/kubectl-ipv6`
export const floodScript = `${import.meta.dirname}/../test/support/flood.py`

/** Two network namespaces joined by a veth pair: `near` has `bench0` at fd6b::1, `far` has fd6b::2. Their offloads are the kernel's defaults. */
export class VethLab implements Disposable {
  readonly near = 'bench-near'
  readonly far = 'bench-far'
  readonly device = 'bench0'
  readonly #children: ChildProcess[] = []

  constructor() {
    this.#remove()
    for (const name of [this.near, this.far]) run('ip', 'netns', 'add', name)
    run(
      'ip',
      'link',
      'add',
      this.device,
      'netns',
      this.near,
      'type',
      'veth',
      'peer',
      'name',
      this.device,
      'netns',
      this.far,
    )
    for (const [index, name] of [this.near, this.far].entries()) {
      run('ip', '-n', name, 'link', 'set', 'lo', 'up')
      run('ip', '-n', name, 'addr', 'add', `fd6b::${index + 1}/64`, 'dev', this.device, 'nodad')
      run('ip', '-n', name, 'link', 'set', this.device, 'up')
    }
  }

  /** Starts a program in one of the namespaces; it ends with the lab. */
  start(namespace: string, command: readonly string[]): ChildProcess {
    // nsenter, unlike `ip netns exec`, leaves /sys and its BTF where they are.
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, ...command], {stdio: ['ignore', 'pipe', 'pipe']})
    this.#children.push(child)
    return child
  }

  run(namespace: string, ...command: readonly string[]): string {
    return run('nsenter', `--net=/run/netns/${namespace}`, ...command)
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGKILL')
    this.#remove()
  }

  #remove(): void {
    for (const name of [this.near, this.far]) {
      try {
        run('ip', 'netns', 'del', name)
      } catch (cause) {
        if (!String(cause).includes('No such file')) throw cause
      }
    }
  }
}

/** Resolves with the first line of the child's stdout that matches, or fails after the time given. */
export function firstLine(
  child: ChildProcess,
  {matching, withinMs}: {readonly matching: RegExp; readonly withinMs: number},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let errors = ''
    const limit = setTimeout(
      () =>
        reject(
          new Error(
            `no line matched ${String(matching)} within ${withinMs} ms: ${text.slice(-500)} ${errors.slice(-500)}`,
          ),
        ),
      withinMs,
    )
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const line = text.split('\n').find((each) => matching.test(each))
      if (line === undefined) return
      clearTimeout(limit)
      resolve(line)
    })
  })
}

/** What the child writes on stdout until it ends; fails with what it said where it failed. */
export function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [text, errors] = ['', '']
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('close', (status) => {
      if (status === 0) resolve(text)
      else reject(new Error(`it ended with ${String(status)}: ${errors.slice(-2000)}`))
    })
  })
}

/** Interrupts as Ctrl-C does, and waits for the end. */
export async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stdout?.resume()
  child.stderr?.resume()
  child.kill('SIGINT')
  await ended
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
