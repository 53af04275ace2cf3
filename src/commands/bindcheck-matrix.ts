import {isWholly, matrixCases, outcomeOf, places} from '../binding/cases.ts'
import {predict} from '../binding/rule.ts'
import {surroundingsOf} from '../binding/surroundings.ts'
import type {Palette} from '../output/colour.ts'
import {padEnd} from '../output/width.ts'
import type {BindAnswer, BindCase, SocketPlan, Transport} from '../protocol/binding.ts'

const modeNames: Readonly<Record<BindCase['mode'], string>> = {
  'tcp-bound': 'TCP, both bound, then both listening',
  'tcp-listen': 'TCP, the first already listening',
  udp: 'UDP',
}

interface MatrixOptions {
  readonly paint: Palette
  /** Columns. */
  readonly width: number
}

interface Cell {
  readonly bindCase: BindCase
  readonly outcomes: readonly string[]
  readonly differs: boolean
}

/** A grid for each setting of the flags: the first socket down, the second across. */
export function matrixLines(
  answer: BindAnswer,
  protocols: readonly Transport[],
  {paint, width}: MatrixOptions,
): readonly string[] {
  const surroundings = surroundingsOf(answer)
  const cells = matrixCases(protocols).map((bindCase, index) => {
    const outcomes = answer.matrix[index] ?? []
    return {bindCase, outcomes, differs: String(predict(bindCase, surroundings)) !== String(outcomes)}
  })
  const pairs = cells.filter(({bindCase}) => bindCase.sockets.length === 2)
  const triples = cells.filter(({bindCase}) => bindCase.sockets.length === 3)
  const grids = [...Map.groupBy(pairs, titleOf)].flatMap(([title, own]) => [
    '',
    paint.strong(title),
    ...gridLines(own, {paint, width}),
  ])
  const legend = 'ok both; - second bind refused; l second listen refused; ! not what the rule says'
  const across = 'The first socket down, the second across, in one order: any4 is 0.0.0.0,'
  const mapped = '::6 is :: with V6ONLY=1, lo4 127.0.0.1, map* ::ffff:0.0.0.0, maplo ::ffff:127.0.0.1.'
  return [legend, across, mapped, ...grids, '', paint.strong('Three sockets'), ...tripleLines(triples, paint), '']
}

const flagText = ({reuseaddr, reuseport}: SocketPlan): string =>
  [...(reuseaddr ? ['REUSEADDR'] : []), ...(reuseport ? ['REUSEPORT'] : [])].join('+') || 'no flag'

function titleOf({bindCase: {mode, sockets}}: Cell): string {
  const [first = '', second = ''] = sockets.map(flagText)
  return `${modeNames[mode]}: ${first === second ? `${first}${first === 'no flag' ? '' : ' on both'}` : `${first}, then ${second}`}`
}

const shown = ({address, v6only}: Pick<SocketPlan, 'address' | 'v6only'>): string =>
  address === '::' ? `:: only=${v6only === true ? 1 : 0}` : address

const columns = ['any4', '::', '::6', 'lo4', '::1', 'map*', 'maplo']
const nameWidth = 17
const cellWidths = {wide: 7, narrow: 5}

function gridLines(cells: readonly Cell[], {paint, width}: MatrixOptions): readonly string[] {
  const isWide = 2 + nameWidth + columns.length * cellWidths.wide <= width
  const cellWidth = isWide ? cellWidths.wide : cellWidths.narrow
  const head = `  ${' '.repeat(nameWidth)}${columns.map((name) => padEnd(name, cellWidth)).join('')}`.trimEnd()
  const rows = places.map((place, row) => {
    const own = cells.slice(row * places.length, (row + 1) * places.length)
    return `  ${padEnd(shown(place), nameWidth)}${own.map((cell) => padEnd(cellText(cell, paint), cellWidth)).join('')}`.trimEnd()
  })
  return [paint.quiet(head), ...rows]
}

function cellText({bindCase, outcomes, differs}: Cell, paint: Palette): string {
  const isListen = outcomeOf(bindCase, outcomes, 1).bind === 'ok'
  const sign = isWholly(outcomes) ? 'ok' : isListen ? 'l' : '-'
  const text = `${sign}${differs ? '!' : ''}`
  return differs ? paint.bad(text) : isWholly(outcomes) ? paint.good(text) : text
}

function tripleLines(cells: readonly Cell[], paint: Palette): readonly string[] {
  const byMode = [...Map.groupBy(cells, ({bindCase}) => bindCase.mode)]
  return byMode.map(([mode, own]) => {
    const differing = own.filter(({differs}) => differs)
    const names = differing.map(({bindCase}) => bindCase.sockets.map(shown).join(' + '))
    const said = `  ${modeNames[mode]}: ${own.length} tried, `
    return (
      said +
      (differing.length === 0
        ? 'all as the rule says'
        : paint.bad(`${differing.length} not as the rule says: ${names.join('; ')}`))
    )
  })
}
