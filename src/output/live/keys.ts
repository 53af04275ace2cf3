export type Key =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'interrupt'
  | 'suspend'
  | {readonly text: string}

const named: Readonly<Record<string, Key>> = {
  '\u001b[A': 'up', '\u001bOA': 'up', '\u001b[B': 'down', '\u001bOB': 'down', '\u001b[5~': 'pageUp', '\u001b[6~': 'pageDown',
  '\u001b[H': 'home', '\u001bOH': 'home', '\u001b[1~': 'home', '\u001b[F': 'end', '\u001bOF': 'end', '\u001b[4~': 'end',
  '\r': 'enter', '\n': 'enter', '\u007f': 'backspace', '\b': 'backspace', '\u0003': 'interrupt', '\u001a': 'suspend', '\u001b': 'escape',
} // prettier-ignore

/** Keys in what a terminal sent: sequences are told from a lone Escape by arriving in one piece. */
export function readKeys(input: string): readonly Key[] {
  // eslint-disable-next-line no-control-regex -- terminals speak in control characters
  const pieces = input.match(/\u001b(?:\[[\d;?]*[A-Za-z~]|O[A-Za-z])|[\s\S]/gu) ?? []
  return pieces.flatMap((piece): readonly Key[] => {
    const key = named[piece]
    if (key !== undefined) return [key]
    return /^\P{Control}$/u.test(piece) ? [{text: piece}] : []
  })
}
