import {BoundedMap} from './bounded-map.ts'
import type {DropSample} from './observation.ts'

interface Dropped {
  readonly text: string
  readonly at: number
  count: number
}

const remembered = 1024
const freshSeconds = 10

/** Solicitations and advertisements that the kernel dropped: why an answer did not come. */
export class DropBook {
  readonly #drops = new BoundedMap<string, Map<string, Dropped>>(remembered)

  hear(drop: DropSample, timeNs: bigint): void {
    const transport = drop.packet?.transport
    if (transport?.kind !== 'icmpv6') return
    const {body, name} = transport.message
    if (body.kind !== 'neighbor-solicitation' && body.kind !== 'neighbor-advertisement') return
    const at = Number(timeNs) / 1e9
    const place = drop.interface === undefined ? '' : ` on ${drop.interface}`
    const text = isUnheard(drop)
      ? `${name} ignored${place}, where its group is not joined`
      : `${name} dropped: ${drop.reason}${drop.symbol === undefined ? '' : ` in ${drop.symbol}`}${place}`
    const known = this.#drops.getOrMake(body.target, () => new Map<string, Dropped>())
    const same = known.get(text)
    if (same !== undefined && at - same.at < freshSeconds) same.count++
    else if (known.size < 16) known.set(text, {text, at, count: 1})
  }

  /** Lines of evidence. */
  about(target: string, at: number): readonly string[] {
    return [...(this.#drops.get(target)?.values() ?? [])]
      .filter((drop) => at - drop.at < freshSeconds)
      .map((drop) => (drop.count === 1 ? drop.text : `${drop.text}, ${drop.count} times`))
  }
}

/** Every neighbour does this with a solicitation for another: no fault, but on the node that has the address it is the cause. */
const isUnheard = ({reason, symbol}: DropSample): boolean => reason === 'NOT_SPECIFIED' && symbol === 'ip6_mc_input'
