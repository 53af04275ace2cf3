import type {NeighbourTableFacts} from '../protocol/facts.ts'
import type {Finding} from './finding.ts'
import {incomplete, tableFull} from './neighbour-pages.ts'
import {finding, type RuleKind} from './rule.ts'

/** The table of the whole kernel, as the facts have it. */
export const neighbourTable: RuleKind = {
  pages: [tableFull, incomplete],
  hears: {types: []},
  make() {
    let before: NeighbourTableFacts | undefined
    return {
      *hear(observation) {
        if (observation.type !== 'facts') return
        const now = observation.facts.neighbours
        yield* judgeFill(now, before, observation.timeNs)
        yield* judgeStates(now, observation.timeNs)
        before = now
      },
    }
  },
}

function* judgeFill(
  {entries, exempt = 0, thresholds, tableFulls}: NeighbourTableFacts,
  before: NeighbourTableFacts | undefined,
  timeNs: bigint,
): Generator<Finding> {
  const limit = thresholds?.[2]
  const overflows = before === undefined ? 0 : tableFulls - before.tableFulls
  const isNearlyFull = limit !== undefined && entries - exempt >= 0.8 * limit
  if (overflows <= 0 && !isNearlyFull) return
  const fill = `${entries} entries${exempt === 0 ? '' : `, ${exempt} of them without a limit`}${limit === undefined ? '' : `, net.ipv6.neigh.default.gc_thresh3 is ${limit}`}`
  yield finding(tableFull, {
    timeNs,
    severity: overflows > 0 ? 'critical' : 'warning',
    about: 'table',
    detail: overflows > 0 ? `the neighbour table overflowed ${overflows} times: ${fill}` : fill,
    evidence: [fill, `/proc/net/stat/ndisc_cache: table_fulls ${tableFulls}`],
  })
}

function* judgeStates({known, entries}: NeighbourTableFacts, timeNs: bigint): Generator<Finding> {
  const silent = known.filter(({state}) => state === 'INCOMPLETE' || state === 'FAILED')
  if (silent.length <= 64 || 2 * silent.length <= entries) return
  yield finding(incomplete, {
    timeNs,
    about: 'table',
    detail: `${silent.length} of ${entries} neighbours do not answer`,
    evidence: silent.slice(0, 5).map(({ip, interface: name, state}) => `${ip} on ${name}: ${state}`),
  })
}
