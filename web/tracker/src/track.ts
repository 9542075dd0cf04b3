/** Tells an event, where the visitor or the shop allows it. */

import { mayTell } from './consent'
import { tell } from './delivery'
import { message, type Properties } from './message'
import { page } from './page'
import { allowed } from './settings'
import { signals } from './signals'

export const mayTellEvent = (name: string): boolean =>
  mayTell() || (!signals.length && allowed.includes(name.toLowerCase()))

/** An order keeps its id, so that a thank-you page that is loaded again tells nothing new. */
export const track = (event: string, properties: Properties = {}): void => {
  if (!mayTellEvent(event)) return
  const order = event === 'Order Completed' && properties.order_id
  tell(message('track', { event, properties, ...(order ? { messageId: `order-${order}` } : {}) }))
}

export const trackPage = (): void => {
  if (mayTellEvent('page')) tell(message('page', { properties: page }))
}
