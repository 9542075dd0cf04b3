/** What the shop says on the script's own tag. */

const tag =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[data-write-key]')

const said = tag?.dataset ?? {}

export const writeKey = said.writeKey ?? ''

/** Where Footfall is: where the script came from, unless the shop says otherwise. */
export const endpoint = (said.endpoint ?? (tag?.src ? new URL(tag.src).origin : '')).replace(/\/+$/, '')

/** Whether nothing may be told before the visitor has agreed. */
export const isConsentRequired = said.consent !== 'granted'

/** Event names that the shop allows before consent, under an id that no other page has. */
export const allowed = (said.allow ?? '').split(',').map(name => name.trim().toLowerCase())
