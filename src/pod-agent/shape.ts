/** Reads one value of a JSON text; throws ShapeError with the path of what is off. */
export type Shape<Value> = (value: unknown, path: string) => Value

export class ShapeError extends Error {
  constructor(path: string, wanted: string) {
    super(`${path} is not ${wanted}`)
    this.name = 'ShapeError'
  }
}

export function integer(least: number, most: number): Shape<number> {
  return (value, path) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    throw new ShapeError(path, `a whole number from ${least} to ${most}`)
  }
}

export function text(pattern: RegExp, wanted: string): Shape<string> {
  return (value, path) => {
    if (typeof value === 'string' && pattern.test(value)) return value
    throw new ShapeError(path, wanted)
  }
}

export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  throw new ShapeError(path, 'true or false')
}

export function oneOf<const Word extends number | string | boolean>(...words: readonly Word[]): Shape<Word> {
  return (value, path) => {
    const word = words.find((each) => each === value)
    if (word === undefined) throw new ShapeError(path, `one of ${words.join(', ')}`)
    return word
  }
}

export function list<Item>(
  item: Shape<Item>,
  {least = 0, most}: {least?: number; most: number},
): Shape<readonly Item[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      throw new ShapeError(path, `a list of ${least} to ${most}`)
    }
    return value.map((each: unknown, index) => item(each, `${path}[${index}]`))
  }
}

export function optional<Value>(shape: Shape<Value>): Shape<Value | undefined> {
  return (value, path) => (value === undefined ? undefined : shape(value, path))
}

type Fields<Value> = {readonly [Key in keyof Value]-?: Shape<Value[Key]>}

/** Unknown keys are refused: a setting that is not understood must not be silently left out. */
export function record<Value extends object>(fields: Fields<Value>): Shape<Value> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object')
    const stranger = Object.keys(value).find((key) => !Object.hasOwn(fields, key))
    if (stranger !== undefined) throw new ShapeError(`${path}.${stranger}`, 'a known setting')
    const given = value as Readonly<Record<string, unknown>> // an object, as checked above
    const read = Object.entries<Shape<unknown>>(fields).map(([key, shape]) => [
      key,
      shape(given[key], `${path}.${key}`),
    ])
    return Object.fromEntries(read.filter(([, each]) => each !== undefined)) as Value // each field as its shape reads it
  }
}
