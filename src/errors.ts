/** Every failure that a person can act on, by where it comes from. */
export * from './errors/plugin-error.ts'
export * from './errors/cluster.ts'
export * from './errors/run.ts'
export * from './errors/capture.ts'
