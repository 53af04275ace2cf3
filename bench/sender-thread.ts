import {parentPort, workerData} from 'node:worker_threads'
import {Clock} from '../src/pod-agent/native/clock.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {testRun} from '../src/pod-agent/native/test-run.ts'
import {type Task, warmUp} from './sender.ts'

/** ns of CPU a packet, by program and round. All threads begin each round at the same time. */
function work({library, programs, frame, repeat, rounds, cpu, arrived, threads}: Task): readonly number[][] {
  const libbpf = openLibbpf(library)
  const libc = openLibc()
  const clock = new Clock(libc)
  const meeting = new Int32Array(arrived)
  let meetings = 0
  libc.schedSetaffinity(0, 8, new Uint8Array(BigUint64Array.of(1n << BigInt(cpu)).buffer))
  const time = (program: number): number => {
    testRun(libbpf, program, {frame, repeat: warmUp})
    meetings += threads
    Atomics.add(meeting, 0, 1)
    while (Atomics.load(meeting, 0) < meetings);
    const begin = clock.threadCpuNs()
    testRun(libbpf, program, {frame, repeat})
    return Number(clock.threadCpuNs() - begin) / repeat
  }
  const rows = programs.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, program] of programs.entries()) rows[index]?.push(time(program))
  }
  return rows
}

parentPort?.postMessage(work(workerData as Task)) // given by sendFrom
