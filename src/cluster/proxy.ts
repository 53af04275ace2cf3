import {BlockList, isIP, isIPv6} from 'node:net'

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy that kubectl would take from the environment (Go's net/http.ProxyFromEnvironment): none for this machine, none for what NO_PROXY names. */
export function proxyFor(server: URL, environment: Environment): string | undefined {
  const scheme = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = environment[scheme] ?? environment[scheme.toLowerCase()]
  if (proxy === undefined || proxy === '') return undefined
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined
  const exceptions = (environment['NO_PROXY'] ?? environment['no_proxy'] ?? '').split(',').map((each) => each.trim())
  if (exceptions.some((exception) => isExcepted(host, exception))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isExcepted(host: string, exception: string): boolean {
  if (exception === '') return false
  if (exception === '*') return true
  if (isIP(host) !== 0 && exception.includes('/')) return isWithin(host, exception)
  const name = exception.replace(/^\*?\./, '')
  return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`))
}

function isWithin(host: string, prefix: string): boolean {
  const [address = '', length = ''] = prefix.split('/')
  if (isIP(address) === 0 || isIP(address) !== isIP(host)) return false
  const list = new BlockList()
  const family = isIPv6(host) ? 'ipv6' : 'ipv4'
  list.addSubnet(address, Number(length), family)
  return list.check(host, family)
}
