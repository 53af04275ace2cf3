import type {JsonValue} from '../output/json.ts'
import type {ClientLosses} from '../protocol/clients.ts'
import {familyName, type NamedTally, openOf, sumCounts} from './client-book.ts'

/** What a summary line says beside the fields of every verb: TCP connections by the end that counted them, and by family. */
export function clientSummaryObject(
  tallies: readonly NamedTally[],
  {untracked, untallied, changes, filtered}: ClientLosses,
): Readonly<Record<string, JsonValue>> {
  const connections = (['destination', 'source'] as const).flatMap((reporter) =>
    (['inet', 'inet6'] as const).map((family) => {
      const counts = sumCounts(tallies.filter((each) => each.protocol === 'tcp' && each.reporter === reporter && familyName(each) === family)) // prettier-ignore
      const {existing, opened, closed, reset, timedOut, refused, unanswered, unreachable, received, sent} = counts
      return {
        reporter,
        family,
        opened: existing + opened,
        existing,
        closed,
        open: openOf(counts),
        reset,
        timedOut,
        refused,
        unanswered,
        unreachable,
        bytesReceived: received,
        bytesSent: sent,
      }
    }),
  )
  return {
    connections,
    clientsFiltered: filtered,
    lost: {kernelRing: changes, agent: 0, client: 0, untracked, untallied},
  }
}
