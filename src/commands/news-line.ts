import type {FoldedFinding} from '../diagnosis/finding-ledger.ts'
import {findingLines} from '../events/finding-text.ts'
import type {Place} from '../events/ndp-passage.ts'
import type {LabelOf} from '../events/ndp-text.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {formatTime, type TimeFormat} from '../output/time.ts'

export interface NewsLineOptions {
  readonly palette: Palette
  readonly timeFormat: TimeFormat
  readonly startNs: bigint
  readonly isWide: boolean
  /** Said on each line where there are several. */
  readonly node: string | undefined
  readonly labelOf: LabelOf
}

export interface News {
  readonly timeNs: bigint
  readonly place: string
  readonly text: string
}

const placeWidth = 12
export const arrows = {ingress: 'in', egress: 'out'} as const

/** A capture does not always tell the direction. */
export const placeText = ({interface: name, direction}: Place): string =>
  direction === undefined ? name : `${name} ${arrows[direction]}`

export function newsLine({timeNs, place, text}: News, {palette, timeFormat, startNs, node}: NewsLineOptions): string {
  const time = palette.quiet(formatTime(timeNs, timeFormat, startNs))
  const where = [...(node === undefined ? [] : [escapeText(node)]), escapeText(place).padEnd(placeWidth)]
  return `${[time, ...where, text].join('  ')}\n`
}

/** With the lines below it. */
export function findingNews(folded: FoldedFinding, options: NewsLineOptions): string {
  const {timeNs, interface: place = ''} = folded.finding
  const [text = '', ...rest] = findingLines(folded, options.palette)
  return newsLine({timeNs, place, text}, options) + rest.map((each) => `${each}\n`).join('')
}
