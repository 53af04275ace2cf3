import {programsRefused} from '../errors.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {FlowPrograms} from './flow-programs.ts'
import {NativeError} from './native/failure.ts'

type LoadOptions = Pick<ConstructorParameters<typeof FlowPrograms>[0], 'libbpf' | 'libc' | 'clock' | 'object'>

/** With a table of half the size as long as the kernel has no memory for it. */
export function loadPrograms(
  {flows, filter, feeds}: AgentSettings,
  options: LoadOptions,
): {programs: FlowPrograms; warnings: readonly string[]} {
  for (let lines = flows; ; lines /= 2) {
    try {
      const programs = new FlowPrograms({...options, filter, feeds, lines})
      const smaller = `The flow table has ${lines} lines instead of ${flows}: the kernel has no memory for more.`
      return {programs, warnings: lines === flows ? [] : [smaller]}
    } catch (cause) {
      if (!(cause instanceof NativeError)) throw cause
      const isTooLarge = cause.code === 'ENOMEM' || cause.code === 'E2BIG'
      if (!isTooLarge || lines <= 64) throw programsRefused(cause.code, cause)
    }
  }
}
