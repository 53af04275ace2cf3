/** East Asian Wide and Fullwidth blocks of Unicode 16 that a name can hold (UAX #11), and emoji that show as pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const marks = /^[\p{Mark}\p{Format}]+$/u
const sequences = /\u001b\[[\d;?]*[A-Za-z]/g // eslint-disable-line no-control-regex -- our own colours begin with ESC

/** Columns a terminal gives to a text without controls; colours count nothing. */
export function displayWidth(text: string): number {
  const plain = text.includes('\u001b') ? text.replaceAll(sequences, '') : text
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length
  let width = 0
  for (const character of plain) width += characterWidth(character)
  return width
}

const characterWidth = (character: string): number => (marks.test(character) ? 0 : wide.test(character) ? 2 : 1)

/** Cut to a width, with an ellipsis where something is missing. Not for coloured text. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let shown = ''
  let used = 0
  for (const character of text) {
    used += characterWidth(character)
    if (used > width - 1) break
    shown += character
  }
  return width < 1 ? '' : `${shown}…`
}

/** Cut in the middle: the ends of an address or a pod's name tell it from its neighbours. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width < 5) return cut(text, width)
  const characters = Array.from(text)
  let front = ''
  let back = ''
  let used = 1
  for (let i = 0; characters.length > 0; i++) {
    const next = i % 2 === 0 ? characters.shift() : characters.pop()
    used += characterWidth(next ?? '')
    if (used > width) break
    if (i % 2 === 0) front += next ?? ''
    else back = `${next ?? ''}${back}`
  }
  return `${front}…${back}`
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))
export const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - displayWidth(text))) + text

/** Exactly this many columns. */
export const fit = (text: string, width: number): string => padEnd(cut(text, width), width)
