import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {JsonLine} from './plugin.ts'

/** protocol, address, port, V6ONLY as the kernel has it, families that reach it. */
export type Socket = readonly [
  protocol: 'tcp' | 'udp',
  address: string,
  port: number,
  v6only: boolean | null,
  accepts: readonly (4 | 6)[],
]

export interface Server {
  readonly name: string
  /** A shell's line, in the folder of the servers; it ends with its stdin. */
  readonly line: string
  /** Waits when all wait. */
  readonly last: number
  readonly process: string
  readonly sockets: readonly Socket[]
}

const ipv4 = (port: number, address = '0.0.0.0'): Socket => ['tcp', address, port, null, [4]]
const both = (port: number, protocol: 'tcp' | 'udp' = 'tcp'): Socket => [protocol, '::', port, false, [4, 6]]
const ipv6 = (port: number, protocol: 'tcp' | 'udp' = 'tcp'): Socket => [protocol, '::', port, true, [6]]

/** Servers that nobody here wrote a socket call for, but the one in C, and what the kernel makes of their words. */
const servers: readonly Server[] = [
  {
    name: 'Go',
    line: 'exec ./server-go',
    last: 9201,
    process: 'server-go',
    sockets: [both(9201), ipv4(9202), ipv6(9202), ipv4(9203, '127.0.0.1'), both(9204, 'udp')],
  },
  {
    name: 'Java',
    line: 'exec java -XX:TieredStopAtLevel=1 -cp . Server',
    last: 9301,
    process: 'java',
    sockets: [both(9301), ipv4(9302), both(9303, 'udp')],
  },
  {
    name: 'Node',
    line: `exec ${process.execPath} server.ts`,
    last: 9401,
    process: 'node',
    sockets: [both(9401), ipv4(9402), ipv6(9402), both(9403, 'udp'), ipv6(9404, 'udp')],
  },
  {
    name: 'Python',
    line: 'exec /usr/bin/python3 server.py',
    last: 9501,
    process: 'python3',
    sockets: [ipv4(9501), ipv6(9501), ipv6(9502), both(9503), ipv4(9504), both(9505, 'udp')],
  },
  {
    name: 'nginx',
    line: 'nginx -p . -c nginx.conf & cat >/dev/null; kill $!',
    last: 9601,
    process: 'nginx',
    sockets: [ipv4(9601), ipv6(9601), both(9602)],
  },
  {
    name: 'systemd',
    // It starts what it activates with the first connection.
    line: 'bash -c "until : </dev/tcp/127.0.0.1/9701; do sleep 0.1; done" 2>/dev/null & exec systemd-socket-activate -l 9701 -l 0.0.0.0:9702 /usr/bin/python3 activated.py 2>/dev/null',
    last: 9701,
    process: 'python3',
    sockets: [both(9701), ipv4(9702)],
  },
  {
    name: 'C',
    line: 'exec ./server-c',
    last: 9801,
    process: 'server-c',
    sockets: [both(9801), ipv6(9802), ['tcp', '::ffff:0.0.0.0', 9803, false, [4]], both(9804, 'udp')],
  },
]

const programs: Readonly<Record<string, string>> = {Java: 'javac', nginx: 'nginx', systemd: 'systemd-socket-activate', Go: 'go'} // prettier-ignore

const isThere = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)))

/** The servers, compiled, in a folder of their own that ends with the handle. What this machine lacks is said and left out. */
export function prepareServers(): Disposable & {readonly folder: string; readonly servers: readonly Server[]} {
  const folder = mkdtempSync(join(tmpdir(), 'listeners-'))
  cpSync(join(import.meta.dirname, 'servers'), folder, {recursive: true})
  const present = servers.filter(({name}) => isThere(programs[name] ?? 'sh'))
  for (const {name} of servers)
    if (present.every((each) => each.name !== name)) process.stderr.write(`skipped: no server in ${name} on this machine\n`) // prettier-ignore
  execFileSync('gcc', ['-o', 'server-c', 'server.c'], {cwd: folder})
  if (isThere('javac')) execFileSync('javac', ['Server.java'], {cwd: folder})
  // With the flags of the test cluster's own build, whose cache has the standard library.
  if (isThere('go')) execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-o', 'server-go', 'server.go'], {cwd: folder}) // prettier-ignore
  return {folder, servers: present, [Symbol.dispose]: () => rmSync(folder, {recursive: true})}
}

/** The servers in a network namespace by their lines; `enter` is the command that runs another there. */
export class RunningServers implements AsyncDisposable {
  readonly #children: readonly ChildProcess[]
  readonly #enter: readonly string[]

  constructor(
    servers: readonly Server[],
    {enter, folder}: {readonly enter: readonly string[]; readonly folder: string},
  ) {
    this.#enter = enter
    const [program = '', ...words] = enter
    this.#children = servers.map(({line}) =>
      spawn(program, [...words, 'sh', '-c', line], {cwd: folder, stdio: ['pipe', 'ignore', 'inherit']}),
    )
  }

  async waiting(servers: readonly Server[]): Promise<void> {
    const limit = Date.now() + 100_000
    for (const {name, last} of servers) {
      while (!this.#isWaiting(last)) {
        if (Date.now() > limit) throw new Error(`the server in ${name} does not listen`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#children.map(async (child) => {
      if (child.exitCode === null) await once(child, 'close')
    })
    for (const child of this.#children) child.stdin?.end()
    await Promise.all(ended)
  }

  /** systemd's socket waits before there is a server. */
  #isWaiting(port: number): boolean {
    const [program = '', ...words] = this.#enter
    const said = execFileSync(program, [...words, 'ss', '-Hlntp', `sport = :${port}`], {encoding: 'utf8'})
    return said.includes('LISTEN') && !said.includes('"systemd-socket')
  }
}

const keyOf = ([protocol, address, port]: Socket): string => `${protocol} ${String(port).padStart(5)} ${address}`

/** What `listener` lines say of a server's ports. */
export function toldOf({sockets}: Server, lines: readonly JsonLine[]): readonly Socket[] {
  const ports = new Set(sockets.map(([, , port]) => port))
  return lines
    .filter(({kind, port}) => kind === 'listener' && ports.has(Number(port)))
    .map(({protocol, address, port, v6only, accepts}) => [protocol, address, port, v6only, accepts] as unknown as Socket) // the contract's fields
    .toSorted(byKey) // prettier-ignore
}

export const wantedOf = ({sockets}: Server): readonly Socket[] => sockets.toSorted(byKey)

const byKey = (one: Socket, other: Socket): number => (keyOf(one) < keyOf(other) ? -1 : 1)
