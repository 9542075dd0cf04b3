/** Says each minute that somebody still looks. */

import { isLooking } from './attention'
import { track } from './track'

export const watchHeartbeat = (): void => {
  setInterval(() => isLooking() && track('Heartbeat', {}), 60_000)
}
