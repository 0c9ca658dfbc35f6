import { runCommand } from '../../src/host/command.ts'
import type { TestApiServer } from '../support/api-server.ts'
import { kubectlBinary } from '../support/kubernetes-binaries.ts'

export type Kubectl = (args: readonly string[], input?: string) => Promise<string>

/** As its administrator, once the server has made the namespace kube-system, which it does when it is ready already. */
export async function connect(server: TestApiServer): Promise<Kubectl> {
  const kubectl = await kubectlOf(await server.kubeconfig())
  await kubectl(['wait', '--for=create', '--timeout=30s', 'namespace/kube-system'])
  return kubectl
}

export async function kubectlOf(kubeconfig: string): Promise<Kubectl> {
  const program = await kubectlBinary()
  return (args, input) => runCommand(program, ['--kubeconfig', kubeconfig, ...args], input)
}
