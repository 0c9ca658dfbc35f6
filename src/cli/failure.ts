/** What the command line says when it gives up: sentences for stderr, and an exit code. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 2) {
    super(message)
    this.name = 'Failure'
    this.exitCode = exitCode
  }
}
