import {expect, test} from 'vitest'
import {isColoured, palette} from '../../src/output/colour.ts'

const onTerminal = {isTerminal: true, environment: {}}

test('colour is for terminals, unless the user says otherwise', () => {
  expect(isColoured('auto', onTerminal)).toBe(true)
  expect(isColoured('auto', {isTerminal: false, environment: {}})).toBe(false)
  expect(isColoured('auto', {isTerminal: true, environment: {NO_COLOR: '1'}})).toBe(false)
  expect(isColoured('auto', {isTerminal: true, environment: {NO_COLOR: ''}})).toBe(true)
  expect(isColoured('auto', {isTerminal: true, environment: {TERM: 'dumb'}})).toBe(false)
  expect(isColoured('always', {isTerminal: false, environment: {NO_COLOR: '1'}})).toBe(true)
  expect(isColoured('never', onTerminal)).toBe(false)
})

test('a palette without colour returns its text', () => {
  expect(palette(false).bad('lost')).toBe('lost')
  expect(palette(true).quiet('lost')).toBe('\u001b[2mlost\u001b[22m')
})
