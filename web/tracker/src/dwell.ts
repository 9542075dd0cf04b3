/** Time on a page while somebody looks at it, told in slices. */

import { onAttention } from './attention'
import { productOfPage } from './products'
import { track } from './track'

const SLICE_MS = 15_000

let since: number | null = null
let counted = 0
let timer: ReturnType<typeof setTimeout> | undefined

const count = (): void => {
  if (since === null) return
  counted += Math.min(performance.now() - since, SLICE_MS) // a computer may sleep in between
  since = performance.now()
}

/** Tell what was counted so far. */
export const tellDwell = (): void => {
  count()
  const milliseconds = Math.round(counted)
  counted = 0
  if (milliseconds > 0) track('Page Dwelled', { milliseconds, product_id: productOfPage })
}

const nextSlice = (): void => {
  clearTimeout(timer)
  if (since !== null)
    timer = setTimeout(() => {
      tellDwell()
      nextSlice()
    }, SLICE_MS - counted)
}

export const watchDwell = (): void =>
  onAttention(isLooking => {
    count()
    since = isLooking ? performance.now() : null
    nextSlice()
  })
