/** Searches: of the page that shows what was found, else of the form that asked. */

import { tellDeclared } from './declared'
import { track } from './track'

let toldByForm: string | undefined

const tellSearch = (query: string | null | undefined): void => {
  const text = query?.trim()
  if (!text) return
  const results = document.querySelector<HTMLElement>('[data-ff-results]')?.dataset.ffResults
  track('Products Searched', { query: text, results: results ? +results : undefined })
}

/** Tell the ?q= of the page, unless its form has told it already. */
export const searchOfPage = (): void => {
  const query = new URLSearchParams(location.search).get('q')
  if (query !== toldByForm) tellSearch(query)
  toldByForm = undefined
}

const submitted = (event: SubmitEvent): void => {
  const form = event.target as HTMLFormElement
  tellDeclared(form, 'submit')
  if (form.dataset.ffSearch === undefined) return
  const field = form.querySelector<HTMLInputElement>(
    form.dataset.ffSearch ? `[name="${form.dataset.ffSearch}"]` : '[name=q],[type=search],[type=text],input:not([type])',
  )
  if (!event.defaultPrevented && field?.name === 'q' && form.method === 'get') return // the next page tells
  toldByForm = field?.value
  tellSearch(toldByForm)
}

export const watchSearch = (): void => addEventListener('submit', submitted)
