import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  type Attachment,
  attachClsact,
  attachTcx,
  attachXdp,
  removeClsact,
  type XdpMode,
} from '../../src/pod-agent/native/attachment.ts'
import {BpfObject} from '../../src/pod-agent/native/bpf-object.ts'
import {programId} from '../../src/pod-agent/native/ids.ts'
import {openLibbpf} from '../../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../../src/pod-agent/native/libc.ts'
import {SharedMemory} from '../../src/pod-agent/native/memory.ts'
import type {Direction} from '../../src/protocol/settings.ts'

const root = join(import.meta.dirname, '../..')
export const libbpf = openLibbpf(join(root, 'build/libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1'))
export const libc = openLibc()

/** Another user of the same hooks. */
export class Foreigner implements AsyncDisposable {
  readonly #object: BpfObject
  readonly #memory: SharedMemory
  readonly #attached: Attachment[] = []

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'ka-foreign-'))
    const object = join(folder, 'foreign.bpf.o')
    const includes = [`-I${root}/build/libbpf/usr/include`, '-I/usr/include/x86_64-linux-gnu']
    const source = join(import.meta.dirname, 'foreign.bpf.c')
    execFileSync('clang-19', ['-O2', '-g', '--target=bpf', ...includes, '-c', source, '-o', object])
    this.#object = new BpfObject(libbpf, {
      bytes: readFileSync(object),
      without: [],
      maxEntries: {},
      constants: {},
    }).load()
    rmSync(folder, {recursive: true})
    this.#memory = new SharedMemory(libc, {fd: this.#object.mapFd('.bss'), size: 8})
  }

  /** Packets that its programs have seen. */
  get count(): number {
    return Number(new BigUint64Array(this.#memory.buffer)[0])
  }

  id(program: 'foreign_tc' | 'foreign_xdp'): number {
    return programId(libbpf, this.#object.programFd(program))
  }

  async onTcx(index: number): Promise<void> {
    const program = this.#object.programFd('foreign_tc')
    this.#attached.push(await attachTcx({libbpf, libc}, program, {index, direction: 'ingress'}))
  }

  async onXdp(index: number, mode: XdpMode): Promise<void> {
    const program = this.#object.programFd('foreign_xdp')
    this.#attached.push(await attachXdp({libbpf, libc}, program, {index, mode}))
  }

  async onClsact(index: number, direction: Direction, at = {priority: 1, handle: 1}): Promise<void> {
    const place = {index, direction, ...at}
    const {attachment, madeQdisc} = await attachClsact(libbpf, this.#object.programFd('foreign_tc'), place)
    this.#attached.push(attachment)
    if (madeQdisc) this.#attached.unshift({...attachment, detach: () => removeClsact(libbpf, index)})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#attached.reverse()) await each.detach()
    this.#memory.close()
    this.#object.close()
  }
}
