import { createAnswers } from './dns-answers.ts'
import { runDnsWorker } from './dns-worker-thread.ts'

runDnsWorker(createAnswers)
