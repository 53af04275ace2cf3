/**
 * What may not reach a terminal as it is: C0, DEL and C1 controls (escape sequences begin with one), line and paragraph separators,
 * everything that shows nothing or reorders its neighbours (CVE-2021-42574), noncharacters and lone surrogates.
 */
const unsafe =
  /\p{Control}|\p{Format}|\p{Default_Ignorable_Code_Point}|\p{Line_Separator}|\p{Paragraph_Separator}|\p{Surrogate}|\p{Noncharacter_Code_Point}/gu

/** Text from the wire or the API, made safe to show: what is unsafe appears as its code point. */
export const escapeText = (text: string): string =>
  text.replaceAll(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)

const isPlain = /^[\u0020-\u007e]*$/

/** The same in JSON, where it stays the same string for the reader. */
export function escapeJson(json: string): string {
  // Nearly every line is plain, and the classes of Unicode cost more than making it.
  if (isPlain.test(json)) return json
  return json.replaceAll(unsafe, (character) =>
    Array.from(
      {length: character.length},
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
