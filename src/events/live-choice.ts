import type {Key} from '../output/live/keys.ts'

/** What the person at the screen has chosen. */
export interface LiveChoice<Order extends string> {
  readonly sort: Order
  readonly isReversed: boolean
  readonly isPaused: boolean
  /** Rows must hold this text, in any case. */
  readonly filter: string
  readonly isTyping: boolean
  /** The selected row, by what it is: it stays selected when it moves. */
  readonly selected: string | undefined
  readonly isOpen: boolean
}

export const firstChoice = <Order extends string>(sort: Order): LiveChoice<Order> => ({
  sort,
  isReversed: false,
  isPaused: false,
  filter: '',
  isTyping: false,
  selected: undefined,
  isOpen: false,
})

/** The rows as they stand, so that up and down know where to go, and what they can be sorted by. */
export interface RowKeys<Order extends string> {
  readonly keys: readonly string[]
  /** Rows of one screen. */
  readonly page: number
  readonly orders: readonly Order[]
}

/** The choice after a key; the same object when the key means nothing here. */
export function choose<Order extends string>(
  choice: LiveChoice<Order>,
  key: Key,
  rows: RowKeys<Order>,
): LiveChoice<Order> {
  if (choice.isTyping) return type(choice, key)
  if (typeof key === 'object') return press(choice, key.text, rows.orders)
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

function press<Order extends string>(
  choice: LiveChoice<Order>,
  text: string,
  orders: readonly Order[],
): LiveChoice<Order> {
  switch (text) {
    case 's':
      return {...choice, sort: nextSort(choice.sort, orders, 1)}
    case 'S':
      return {...choice, sort: nextSort(choice.sort, orders, -1)}
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

function nextSort<Order extends string>(sort: Order, orders: readonly Order[], step: 1 | -1): Order {
  const count = orders.length
  return orders[(orders.indexOf(sort) + step + count) % count] ?? sort
}

function type<Order extends string>(choice: LiveChoice<Order>, key: Key): LiveChoice<Order> {
  if (typeof key === 'object') return {...choice, filter: choice.filter + key.text}
  if (key === 'backspace') return {...choice, filter: choice.filter.slice(0, -1)}
  if (key === 'enter') return {...choice, isTyping: false}
  if (key === 'escape') return {...choice, isTyping: false, filter: ''}
  return choice
}

function move<Order extends string>(choice: LiveChoice<Order>, {keys}: RowKeys<Order>, by: number): LiveChoice<Order> {
  if (keys.length === 0) return {...choice, selected: undefined, isOpen: false}
  const at = choice.selected === undefined ? -1 : keys.indexOf(choice.selected)
  const start = at === -1 ? (by > 0 ? -1 : 0) : at
  const next = Math.min(Math.max(start + by, 0), keys.length - 1)
  return {...choice, selected: keys[next]}
}
