/** What is told: messages as Segment's HTTP API has them. */

import { purposes } from './consent'
import { page } from './page'
import { randomId } from './random'
import { signals } from './signals'
import { user, visitor } from './visitor'

export type Properties = Record<string, unknown>

export interface Message {
  messageId: string
  type: string
  [field: string]: unknown
}

export const message = (type: string, fields: Properties): Message => ({
  type,
  messageId: randomId(),
  anonymousId: visitor(),
  userId: user() ?? undefined,
  timestamp: new Date().toISOString(),
  context: {
    page,
    userAgent: navigator.userAgent,
    library: { name: 'footfall', version: '1' },
    consent: purposes(),
    signals,
    webdriver: navigator.webdriver,
  },
  ...fields,
})
