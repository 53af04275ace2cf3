import {programsRefused} from '../errors.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {Attachments} from './attachments.ts'
import {interfaceChoice} from './choose-interface.ts'
import {ClsactFilters} from './clsact.ts'
import type {Files} from './files.ts'
import type {FlowPrograms} from './flow-programs.ts'
import {type HookTools, observersOf} from './hooks.ts'
import {presentLinks} from './interfaces.ts'
import {loadPrograms} from './load-programs.ts'
import {Clock} from './native/clock.ts'
import {NativeError} from './native/failure.ts'
import {xdpProgram} from './native/ids.ts'
import {type Libbpf, openLibbpf} from './native/libbpf.ts'
import {type Libc, openLibc} from './native/libc.ts'
import {qdiscTools} from './sweep.ts'
import {DropFeed} from './trace-drops.ts'
import {TracePrograms} from './trace-programs.ts'
import {Turns} from './turns.ts'

/** What an observation consists of. */
export interface Parts {
  readonly libbpf: Libbpf
  readonly libc: Libc
  readonly clock: Clock
  readonly programs: FlowPrograms
  readonly attachments: Attachments
  readonly clsact: ClsactFilters
  readonly turns: Turns
  readonly traces: TracePrograms | undefined
}

export function loadParts(settings: AgentSettings, files: Files): Omit<Parts, 'traces'> & {smaller: readonly string[]} {
  const libbpf = openLibbpf(files.libbpf)
  const libc = openLibc()
  const clock = new Clock(libc)
  const {programs, warnings: smaller} = loadPrograms(settings, {libbpf, libc, clock, object: files.object})
  const clsact = new ClsactFilters(programs, {...qdiscTools(libbpf), run: settings.run})
  const tools: HookTools = {
    programs,
    clsact,
    choice: settings.hook,
    xdpProgram: (index) => xdpProgram(libbpf, index),
  }
  const turns = new Turns()
  const attachments = new Attachments(tools, {isChosen: interfaceChoice(settings.interfaces), turns})
  return {libbpf, libc, clock, programs, attachments, clsact, turns, smaller}
}

/** The programs for what is there now: hello does not wait for those that it does not need. */
export async function preparePrograms(
  settings: AgentSettings,
  {programs, clock, ...options}: Pick<Parts, 'libbpf' | 'libc' | 'clock' | 'programs'> & {readonly object: string},
): Promise<TracePrograms | undefined> {
  const chosen = presentLinks().filter(interfaceChoice(settings.interfaces))
  // Side by side: both wait for the kernel's verifier.
  const [flows, traces] = await Promise.allSettled([
    programs.prepare(chosen.flatMap((link) => observersOf(settings.hook, link))),
    TracePrograms.start(settings, {...options, cpus: programs.cpus, tickNs: clock.tickNs()}),
  ])
  if (flows.status === 'fulfilled' && traces.status === 'fulfilled') return traces.value
  if (traces.status === 'fulfilled') traces.value?.close()
  programs.close()
  const cause: unknown = flows.status === 'rejected' ? flows.reason : traces.status === 'rejected' && traces.reason
  throw cause instanceof NativeError ? programsRefused(cause.code, cause) : cause
}

export function dropFeed(
  {feeds: {drops, dropInterfaces = []}}: AgentSettings,
  {libbpf, traces}: Pick<Parts, 'libbpf' | 'traces'>,
): DropFeed | undefined {
  return drops === false || traces === undefined
    ? undefined
    : new DropFeed(libbpf, {traces, hasCounts: drops === true, interfaces: dropInterfaces})
}
