import { start, type TestApiServer } from './api-server.ts'
import { controllerManagerBinary } from './kubernetes-binaries.ts'

/** Those that make pods, slices and what hangs on them. No scheduler runs: the stand-in of the kubelet binds pods. */
const controllers = [
  'deployment-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'namespace-controller',
  'replicaset-controller',
]

/** The real kube-controller-manager with few controllers; it outlives restarts of the API server. Returns how it is ended. */
export async function startControllerManager(server: TestApiServer): Promise<() => Promise<void>> {
  const running = start(await controllerManagerBinary(), [
    `--kubeconfig=${await server.kubeconfig()}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ])
  return async () => {
    running.kill('SIGKILL')
    await running
  }
}
