/** The title of the page, there before the tracker looks at it. */

import { useLayoutEffect } from 'react'
import { texts } from './texts'

export const useTitle = (page?: string): void =>
  useLayoutEffect(() => {
    document.title = page ? texts.titleOf(page) : texts.shop
  }, [page])
