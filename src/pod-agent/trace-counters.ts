import {readFileSync} from 'node:fs'

type Counters = Readonly<Record<string, number>>

const telling = /Discards|Error|Errs|NoRoutes|TooBig|Fails|Unknown|Truncated|Csum|Timeout|NoPorts|PktTooBigs/

/** What this network namespace and this node count themselves: snmp6, softnet, links. */
function read(): Counters {
  const file = (path: string): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n')
  const counters: Record<string, number> = {}
  for (const line of file('/proc/thread-self/net/snmp6')) {
    const [name = '', value] = line.trim().split(/\s+/)
    if (telling.test(name)) counters[name] = Number(value)
  }
  for (const line of file('/proc/thread-self/net/softnet_stat')) {
    const [, dropped = '0', squeezed = '0'] = line.split(' ')
    counters['softnet dropped'] = (counters['softnet dropped'] ?? 0) + Number.parseInt(dropped, 16)
    counters['softnet time_squeeze'] = (counters['softnet time_squeeze'] ?? 0) + Number.parseInt(squeezed, 16)
  }
  for (const line of file('/proc/thread-self/net/dev').slice(2)) {
    const [name = '', values = ''] = line.trim().split(/:\s*/)
    const [, , rxErrors, rxDropped, , , , , , , txErrors, txDropped] = values.split(/\s+/).map(Number)
    Object.assign(counters, {
      [`${name} rx_errors`]: rxErrors,
      [`${name} rx_dropped`]: rxDropped,
      [`${name} tx_errors`]: txErrors,
      [`${name} tx_dropped`]: txDropped,
    })
  }
  return counters
}

/** How far each has come since the start, of those that moved. */
export class NodeCounters {
  readonly #before = read()

  moved(): Counters {
    return Object.fromEntries(
      Object.entries(read())
        .map(([name, value]): [string, number] => [name, value - (this.#before[name] ?? value)])
        .filter(([, moved]) => moved > 0),
    )
  }
}
