import {checkErrno} from './failure.ts'
import type {Libc} from './libc.ts'
import {Struct} from './words.ts'

const realtime = 0
const monotonic = 1
const threadCpu = 3
const coarse = 6

export class Clock {
  readonly #libc: Libc
  readonly #time = new Struct(16)

  constructor(libc: Libc) {
    this.#libc = libc
  }

  monotonicNs(): bigint {
    return this.#read(monotonic)
  }

  /** CPU time of the calling thread. */
  threadCpuNs(): bigint {
    return this.#read(threadCpu)
  }

  /** Realtime minus monotonic: the narrowest of a few readings, since a reading may be interrupted. */
  offsetNs(): bigint {
    let best = {width: 2n ** 62n, offset: 0n}
    for (let reading = 0; reading < 8; reading++) {
      const before = this.#read(monotonic)
      const real = this.#read(realtime)
      const after = this.#read(monotonic)
      if (after - before < best.width) best = {width: after - before, offset: real - (before + after) / 2n}
    }
    return best.offset
  }

  /** How far jiffies are apart: the resolution of the coarse clock is one tick. */
  tickNs(): number {
    checkErrno('clock_getres', this.#libc.clockGetres(coarse, this.#time.bytes))
    return this.#time.view.getInt32(8, true)
  }

  #read(clock: number): bigint {
    checkErrno('clock_gettime', this.#libc.clockGettime(clock, this.#time.bytes))
    return this.#time.view.getBigInt64(0, true) * 1_000_000_000n + this.#time.view.getBigInt64(8, true)
  }
}
