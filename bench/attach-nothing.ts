// Holds an empty TCX program at both sides of the interface with this index, until it is ended.
import {join} from 'node:path'
import {attachTcx} from '../src/pod-agent/native/attachment.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {Driver} from './sender.ts'

const build = join(import.meta.dirname, '../build')
const library = join(build, 'libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1')
const native = {libbpf: openLibbpf(library), libc: openLibc()}
const {nothing} = new Driver({library, object: join(build, 'bpf/drive.bpf.o'), mask: 0})
const index = Number(process.argv[2])
for (const direction of ['ingress', 'egress'] as const) await attachTcx(native, nothing.tc, {index, direction})
console.log('{"kind":"start"}')
setInterval(() => undefined, 2 ** 30)
