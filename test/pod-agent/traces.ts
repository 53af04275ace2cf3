import {noFeeds, everything, type AgentSettings, type Feeds} from '../../src/protocol/settings.ts'
import type {Stopped} from '../../src/protocol/message.ts'
import type {SourceEvent} from '../../src/session/source.ts'
import {createIdentity} from '../../src/session/identity.ts'
import {LocalAgent} from '../../src/session/local-agent.ts'
import {watchAgent} from '../../src/session/watch-agent.ts'

/** An agent with these feeds, read to its end; `act` runs while it records. */
export async function watchWhile(
  {feeds, ...change}: Partial<Omit<AgentSettings, 'feeds'>> & {readonly feeds: Partial<Feeds>},
  act: () => Promise<unknown>,
): Promise<{readonly events: readonly SourceEvent[]; readonly stopped: Stopped}> {
  const identity = createIdentity()
  const {run, publicKey} = identity
  const settings: AgentSettings = {
    run, publicKey, port: 0, hook: 'auto', interfaces: ['v0'], flows: 1024, intervalMs: 50, silenceMs: 15_000,
    maxDurationMs: 60_000, filter: everything, ...change, feeds: {...noFeeds, ...feeds},
  } // prettier-ignore
  await using agent = await LocalAgent.start(settings)
  const stop = new AbortController()
  const events: SourceEvent[] = []
  const reading = watchAgent(agent, {identity, silenceMs: 15_000, stop: stop.signal})
  for (;;) {
    const next = await reading.next()
    if (next.done === true) return {events, stopped: next.value}
    events.push(next.value)
    if (next.value.type === 'start') void act().finally(() => stop.abort())
  }
}

export const recordsOf = (events: readonly SourceEvent[], kind: string): readonly Uint8Array[] =>
  events.flatMap((event) => (event.type === 'records' && event.kind === kind ? [event.records] : []))
