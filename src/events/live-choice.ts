import type {Key} from '../output/live/keys.ts'

export const sortOrders = ['bit rate', 'packet rate', 'bytes', 'packets', 'age'] as const
export type SortOrder = (typeof sortOrders)[number]

/** What the person at the screen has chosen. */
export interface LiveChoice {
  readonly sort: SortOrder
  readonly isReversed: boolean
  readonly isPaused: boolean
  /** Rows must hold this text, in any case. */
  readonly filter: string
  readonly isTyping: boolean
  /** The selected row, by what it is: it stays selected when it moves. */
  readonly selected: string | undefined
  readonly isOpen: boolean
}

export const firstChoice: LiveChoice = {
  sort: 'bit rate',
  isReversed: false,
  isPaused: false,
  filter: '',
  isTyping: false,
  selected: undefined,
  isOpen: false,
}

/** The rows as they stand, so that up and down know where to go. */
export interface RowKeys {
  readonly keys: readonly string[]
  /** Rows of one screen. */
  readonly page: number
}

/** The choice after a key; the same object when the key means nothing here. */
export function choose(choice: LiveChoice, key: Key, rows: RowKeys): LiveChoice {
  if (choice.isTyping) return type(choice, key)
  if (typeof key === 'object') return press(choice, key.text)
  const step = stepOf(key, rows.page)
  if (step !== undefined) return move(choice, rows, step)
  if (key === 'enter')
    return choice.selected === undefined
      ? {...move(choice, rows, 0), isOpen: true}
      : {...choice, isOpen: !choice.isOpen}
  if (key === 'escape') return choice.isOpen ? {...choice, isOpen: false} : {...choice, filter: '', selected: undefined}
  return choice
}

function stepOf(key: Extract<Key, string>, page: number): number | undefined {
  const steps: Partial<Record<Extract<Key, string>, number>> = {
    up: -1,
    down: 1,
    pageUp: -page,
    pageDown: page,
    home: -Infinity,
    end: Infinity,
  }
  return steps[key]
}

function press(choice: LiveChoice, text: string): LiveChoice {
  switch (text) {
    case 's':
      return {...choice, sort: nextSort(choice.sort, 1)}
    case 'S':
      return {...choice, sort: nextSort(choice.sort, -1)}
    case 'r':
      return {...choice, isReversed: !choice.isReversed}
    case ' ':
    case 'p':
      return {...choice, isPaused: !choice.isPaused}
    case '/':
      return {...choice, isTyping: true}
    default:
      return choice
  }
}

function nextSort(sort: SortOrder, step: 1 | -1): SortOrder {
  const count = sortOrders.length
  return sortOrders[(sortOrders.indexOf(sort) + step + count) % count] ?? sort
}

function type(choice: LiveChoice, key: Key): LiveChoice {
  if (typeof key === 'object') return {...choice, filter: choice.filter + key.text}
  if (key === 'backspace') return {...choice, filter: choice.filter.slice(0, -1)}
  if (key === 'enter') return {...choice, isTyping: false}
  if (key === 'escape') return {...choice, isTyping: false, filter: ''}
  return choice
}

function move(choice: LiveChoice, {keys}: RowKeys, by: number): LiveChoice {
  if (keys.length === 0) return {...choice, selected: undefined, isOpen: false}
  const at = choice.selected === undefined ? -1 : keys.indexOf(choice.selected)
  const start = at === -1 ? (by > 0 ? -1 : 0) : at
  const next = Math.min(Math.max(start + by, 0), keys.length - 1)
  return {...choice, selected: keys[next]}
}
