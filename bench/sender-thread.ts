import {parentPort, workerData} from 'node:worker_threads'
import {Clock} from '../src/pod-agent/native/clock.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {testRun} from '../src/pod-agent/native/test-run.ts'
import type {Task} from './sender.ts'

function work({library, program, frame, repeat, rounds, cpu}: Task): number {
  const libbpf = openLibbpf(library)
  const libc = openLibc()
  const clock = new Clock(libc)
  libc.schedSetaffinity(0, 8, new Uint8Array(BigUint64Array.of(1n << BigInt(cpu)).buffer))
  const begin = clock.threadCpuNs()
  for (let round = 0; round < rounds; round++) testRun(libbpf, program, {frame, repeat})
  return Number(clock.threadCpuNs() - begin)
}

parentPort?.postMessage(work(workerData as Task)) // given by sendFrom
