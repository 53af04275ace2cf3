/** Bits of CapEff (include/uapi/linux/capability.h). */
const bits = {NET_BIND_SERVICE: 10n, NET_ADMIN: 12n, SYS_PTRACE: 19n, PERFMON: 38n, BPF: 39n} as const

/** Whether a process has all of them, by its /proc/PID/status. */
export function hasCapabilities(status: string, names: readonly (keyof typeof bits)[]): boolean {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return names.every((name) => ((effective >> bits[name]) & 1n) === 1n)
}
