/** What the API answers to the page's questions. */

export interface Generation {
  name: string
  generation: number
  status: 'live' | 'requested' | 'building' | 'retired' | 'failed' | 'cancelled'
  position: number
  target_position: number
  lag_events: number
  lag_seconds: number
  parked: number
  error: string
  started_at: string
  updated_at: string
}

export interface ParkedEvent {
  name: string
  generation: number
  position: number
  stream_id: string
  topic: string
  error: string
  attempts: number
  parked_at: string
}

export type BadRowStatus = 'open' | 'repaired' | 'discarded'

export interface BadRow {
  bad_row_id: string
  received_at: string
  key_id: string
  call: string
  code: string
  detail: string
  message: string
  status: BadRowStatus
}

export interface Head {
  position: number
  chain: string
  epoch: number
}
