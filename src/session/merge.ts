/** Several generators as one, in the order in which they speak. Each waits until what it said was taken. */
export async function* merge<Item>(sources: readonly AsyncGenerator<Item, void>[]): AsyncGenerator<Item, void> {
  const next = async (source: AsyncGenerator<Item, void>) => ({source, result: await source.next()})
  const pending = new Map(sources.map((source) => [source, next(source)]))
  try {
    while (pending.size > 0) {
      const {source, result} = await Promise.race(pending.values())
      if (result.done === true) {
        pending.delete(source)
        continue
      }
      yield result.value
      pending.set(source, next(source))
    }
  } finally {
    await Promise.all(sources.map((source) => source.return()))
  }
}
