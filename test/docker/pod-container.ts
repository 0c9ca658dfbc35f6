import { GenericContainer, type StartedTestContainer } from 'testcontainers'
import type { Field } from '../../src/model/field.ts'

export interface Pod {
  /** Whose network namespace the containers share. */
  readonly sandbox: StartedTestContainer
  /** Where each volume stands on this machine. */
  readonly volumes: Readonly<Record<string, string>>
  /** What the manifest takes from the Node and from ConfigMaps. */
  readonly env: Readonly<Record<string, string>>
  /** The directory of its token. */
  readonly serviceAccount: string
}

/** A container as the kubelet starts it: with the user, the capabilities and the mounts of the manifest, and no others. */
export class PodContainer extends GenericContainer {
  constructor(container: Field, { sandbox, volumes, env, serviceAccount }: Pod) {
    super(container.get('image').text() ?? '')
    const args = textsOf(container.get('args')).map((arg) => expand(arg, env))
    const mounts = container.get('volumeMounts').items()
    this.withNetworkMode(`container:${sandbox.getId()}`)
      .withCommand(args)
      .withEnvironment(variables(container, env))
      .withBindMounts([
        ...mounts.map((mount) => bindMount(mount, volumes)),
        { source: serviceAccount, target: '/var/run/secrets/kubernetes.io/serviceaccount', mode: 'ro' },
      ])
    const context = container.get('securityContext')
    if (context.get('privileged').flag() === true) this.#privilege()
    this.#secure(context)
  }

  /**
   * As far as the agent makes use of it: sysctls and modules. To be privileged outright is to have every capability that
   * there is, and a machine that is a container itself may lack one.
   */
  #privilege(): void {
    this.withAddedCapabilities('NET_ADMIN', 'SYS_ADMIN', 'SYS_MODULE')
    this.hostConfig.MaskedPaths = []
    this.hostConfig.ReadonlyPaths = []
  }

  #secure(context: Field): void {
    const user = context.get('runAsUser').integer(0, 65535)
    if (user !== undefined) this.withUser(String(user))
    if (context.get('allowPrivilegeEscalation').flag() === false) this.withSecurityOpt('no-new-privileges')
    this.hostConfig.ReadonlyRootfs = context.get('readOnlyRootFilesystem').flag() ?? false
    const capabilities = context.get('capabilities')
    if (capabilities.value === undefined) return
    this.withDroppedCapabilities(...textsOf(capabilities.get('drop')))
    this.withAddedCapabilities(...textsOf(capabilities.get('add')))
  }
}

export function textsOf(list: Field): readonly string[] {
  return list.items().flatMap((item) => item.text() ?? [])
}

function bindMount(mount: Field, volumes: Pod['volumes']) {
  const [name = '', target = ''] = [mount.get('name').text(), mount.get('mountPath').text()]
  const source = volumes[name]
  if (source === undefined) throw mount.error(`one of the volumes ${Object.keys(volumes).join(', ')}`)
  return { source, target, mode: mount.get('readOnly').flag() === true ? 'ro' : 'rw' } as const
}

/** Those that the manifest names. */
function variables(container: Field, env: Pod['env']): Record<string, string> {
  const names = container
    .get('env')
    .items()
    .map((variable) => variable.get('name').text() ?? '')
  return Object.fromEntries(names.map((name) => [name, env[name] ?? '']))
}

/** `--hostname-override=$(NODE_NAME)` */
function expand(arg: string, env: Pod['env']): string {
  return arg.replaceAll(/\$\((\w+)\)/g, (all, name: string) => env[name] ?? all)
}
