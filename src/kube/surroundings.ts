import { homedir } from 'node:os'

/** Where credentials are looked for. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The directory with the files of a pod's service account. */
  readonly serviceAccount: string
  readonly home: string
}

export function systemSurroundings(): Surroundings {
  return { environment: process.env, serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount', home: homedir() }
}
