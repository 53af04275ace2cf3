import {check} from './failure.ts'
import type {Libbpf} from './libbpf.ts'
import {Struct} from './words.ts'

const options = {size: 80, input: 8, inputSize: 24, context: 32, contextSize: 48, verdict: 56, repeat: 60, duration: 64}

export interface Run {
  readonly verdict: number
  /** The kernel's own mean, ns. */
  readonly duration: number
}

/** BPF_PROG_TEST_RUN: one frame through one program, as often as asked. `context` is a struct __sk_buff or xdp_md. */
export function testRun(
  libbpf: Libbpf,
  program: number,
  {frame, context, repeat = 1}: {frame: Uint8Array; context?: Uint8Array; repeat?: number},
): Run {
  const run = new Struct(options.size)
    .u64(0, options.size)
    .pointer(options.input, frame)
    .u32(options.inputSize, frame.byteLength)
    .u32(options.repeat, repeat)
  if (context !== undefined) run.pointer(options.context, context).u32(options.contextSize, context.byteLength)
  check('bpf_prog_test_run', libbpf.testRun(program, run.bytes))
  return {verdict: run.view.getInt32(options.verdict, true), duration: run.read(options.duration)}
}

/** BPF_PROG_TEST_RUN of a program of type syscall, in the calling thread. */
export function runOnce(libbpf: Libbpf, program: number): void {
  check('bpf_prog_test_run', libbpf.testRun(program, new Struct(options.size).u64(0, options.size).bytes))
}
