/** Terminals that know mode 2026 show what is between these at once. */
const hold = '\u001b[?2026h'
const show = '\u001b[?2026l'
const eraseRest = '\u001b[K'

export const enterScreen = '\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H'
/** Also ends a held update, should one have been cut. */
export const leaveScreen = '\u001b[?2026l\u001b[0m\u001b[?25h\u001b[?1049l'

/** What to write so that a screen of `before` becomes `after`: only lines that differ. `before` is empty for a screen of unknown content. */
export function paintFrame(before: readonly string[], after: readonly string[]): string {
  const changed = after.flatMap((line, i) =>
    line === before[i] ? [] : [`\u001b[${i + 1};1H${line}\u001b[0m${eraseRest}`],
  )
  return changed.length === 0 ? '' : `${hold}${changed.join('')}${show}`
}
