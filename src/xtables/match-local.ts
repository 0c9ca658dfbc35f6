import type { LocalDetector } from '../plan/local-detector.ts'

/** What matches the packets of pods on this node: `-s 10.244.0.0/16`, `-i cbr0`, `-i cali+`; `! ` before it, all others. */
export function matchLocal(detector: LocalDetector): string {
  switch (detector.kind) {
    case 'network':
      return `-s ${detector.network.text}`
    case 'interface':
      return `-i ${detector.name}`
    case 'interfacePrefix':
      return `-i ${detector.prefix}+`
  }
}
