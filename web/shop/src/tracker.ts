/** Footfall's snippet, as any shop has it on its pages: loaded once, told things through its queue. */

import { read } from './api/http'

type Call = [name: string, ...given: unknown[]]

declare global {
  interface Window {
    footfall?: { push(call: Call): unknown }
  }
}

const call = (...given: Call): void => {
  const tracker = (window.footfall ??= [] as Call[])
  tracker.push(given)
}

/** Put the snippet on the page, under the write key that the server has for this shop. */
export const loadTracker = async (): Promise<void> => {
  const config = await read<{ write_key: string }>('/shop/config.json').catch(() => undefined)
  if (!config?.write_key) return
  const script = document.createElement('script')
  script.async = true
  script.src = '/tracker.js'
  script.dataset.writeKey = config.write_key
  document.head.append(script)
}

export const tell = (event: string, properties: Record<string, unknown>): void => call('track', event, properties)

export const tellWho = (shopperId: string): void => call('identify', shopperId)

export const forgetWho = (): void => call('reset')

export const tellConsent = (purposes: Record<string, boolean>): void => call('consent', purposes)

/** The id under which the tracker tells things, and the server keeps an anonymous basket: one cookie. */
export const visitor = (): string => document.cookie.match(/(?:^|; )footfall_visitor=([^;]+)/)?.[1] ?? ''
