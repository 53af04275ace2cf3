import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {apiPort, bridge, nodes, type Paths} from './layout.ts'
import {allSettled, run} from './processes.ts'

interface Subject {
  readonly user: string
  readonly groups?: readonly string[]
  readonly names?: readonly string[]
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const

export async function createAuthority(paths: Paths): Promise<void> {
  await mkdir(dirname(paths.ca.key), {recursive: true})
  const {certificate, key} = paths.ca
  await run([
    'openssl',
    'req',
    '-x509',
    ...newKey,
    '-days',
    '30',
    '-subj',
    '/CN=lab',
    '-keyout',
    key,
    '-out',
    certificate,
  ])
  await run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', paths.serviceAccountKey])
}

/** A key and a certificate of our authority, good for both ends of a connection. */
export async function issue(paths: Paths, name: string, subject: Subject): Promise<void> {
  const {certificate, key} = paths.certificate(name)
  const request = join(paths.run, 'pki', `${name}.csr`)
  const groups = (subject.groups ?? []).map((group) => `/O=${group}`).join('')
  await run(['openssl', 'req', ...newKey, '-subj', `${groups}/CN=${subject.user}`, '-keyout', key, '-out', request])
  const extensions = join(paths.run, 'pki', `${name}.ext`)
  const names = (subject.names ?? []).map((each) => (/^[\d.]+$|:/.test(each) ? `IP:${each}` : `DNS:${each}`))
  await writeFile(extensions, names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`)
  const signer = ['-CA', paths.ca.certificate, '-CAkey', paths.ca.key, '-set_serial', `0x${serialNumber()}`]
  await run([
    'openssl',
    'x509',
    '-req',
    '-in',
    request,
    '-out',
    certificate,
    '-days',
    '30',
    ...signer,
    '-extfile',
    extensions,
  ])
}

/** A kubeconfig with the certificate in it, so that it works wherever it is copied on this machine. */
export async function writeKubeconfig(paths: Paths, name: string, address: string): Promise<string> {
  const {certificate, key} = paths.certificate(name)
  const [authority, client, clientKey] = await Promise.all(
    [paths.ca.certificate, certificate, key].map((file) => readFile(file, 'base64')),
  )
  const server = `https://${address}:${String(apiPort)}`
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{name: 'lab', cluster: {server, 'certificate-authority-data': authority}}],
    users: [{name, user: {'client-certificate-data': client, 'client-key-data': clientKey}}],
    contexts: [{name: 'lab', context: {cluster: 'lab', user: name}}],
    'current-context': 'lab',
  }
  const file = paths.kubeconfig(name)
  await mkdir(dirname(file), {recursive: true})
  await writeFile(file, JSON.stringify(config, undefined, 2), {mode: 0o600})
  return file
}

/** Everything that the components need before the first of them starts. */
export async function createIdentities(paths: Paths): Promise<void> {
  await createAuthority(paths)
  const masters = ['system:masters']
  const apiNames = [
    'localhost',
    'kubernetes.default.svc',
    '127.0.0.1',
    '::1',
    ...bridge.addresses,
    '10.96.0.1',
    'fd96::1',
  ]
  await allSettled([
    issue(paths, 'apiserver', {user: 'kube-apiserver', names: apiNames}),
    issue(paths, 'kubelet-client', {user: 'kube-apiserver-kubelet-client', groups: masters}),
    issue(paths, 'admin', {user: 'admin', groups: masters}).then(() => writeKubeconfig(paths, 'admin', '127.0.0.1')),
    issue(paths, 'kube-proxy', {user: 'system:kube-proxy'}).then(() =>
      writeKubeconfig(paths, 'kube-proxy', bridge.addresses[0]),
    ),
    ...nodes.map(async ({name, addresses}) => {
      await issue(paths, name, {user: `system:node:${name}`, groups: ['system:nodes'], names: [name, ...addresses]})
      await writeKubeconfig(paths, name, bridge.addresses[0])
    }),
  ])
}

const serialNumber = () => crypto.randomUUID().replaceAll('-', '').slice(0, 18)
