import {expect, test} from 'vitest'
import {escapeJson, escapeText} from '../../src/output/escape.ts'

test.each([
  ['\u001b[2Jgone', '\\u{1b}[2Jgone'],
  ['a\u0007\r\nb\u007f', 'a\\u{7}\\u{d}\\u{a}b\\u{7f}'],
  ['\u009b31m', '\\u{9b}31m'], // C1: CSI in one character
  ['web\u202Egnp', 'web\\u{202e}gnp'],
  ['we\u200Bb\uFEFF', 'we\\u{200b}b\\u{feff}'],
  ['a\u2028b', 'a\\u{2028}b'],
  ['\u{E0041}', '\\u{e0041}'],
  ['\uD800', '\\u{d800}'],
  ['ok-π-网-é-🦊', 'ok-π-网-é-🦊'],
])('%j is shown as %s', (text, shown) => {
  expect(escapeText(text)).toBe(shown)
})

test('no code point that a terminal would act on survives', () => {
  const controls = [...Array(0x20).keys(), 0x7f, ...Array.from({length: 0x20}, (_, i) => 0x80 + i)]
  for (const code of controls) expect(escapeText(String.fromCodePoint(code))).toBe(`\\u{${code.toString(16)}}`)
})

test('escaped JSON still holds the same string', () => {
  const text = '\u001b]0;x\u0007\u009b\u202E\u{E0041}\u007f"\\网'
  const line = escapeJson(JSON.stringify({text}))
  expect(line).toMatch(/^[\u0020-\u007e网]*$/)
  expect(JSON.parse(line)).toEqual({text})
})
