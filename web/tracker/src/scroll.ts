/** How far down the page was seen, in percent. */

import { track } from './track'

let deepest = 0
let told = 0

const look = (): void => {
  const height = document.documentElement.scrollHeight
  deepest = Math.max(deepest, Math.min(100, Math.round(((scrollY + innerHeight) / height) * 100)))
}

export const tellScroll = (): void => {
  if (deepest > told) track('Page Scrolled', { percent: (told = deepest) })
}

export const restartScroll = (): void => {
  deepest = told = 0
  look()
}

export const watchScroll = (): void => addEventListener('scroll', look, { passive: true })
