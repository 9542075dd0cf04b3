/** What the visitor allows, to be changed at any time. */

import { isSignalled, consent } from '../consent'
import { ConsentSwitches } from '../parts/consent'
import { useStore } from '../store'
import { texts } from '../texts'
import { useTitle } from '../title'

export const PrivacyPage = () => {
  useTitle(texts.consent.page)
  const { purposes } = useStore(consent)
  return (
    <div className="narrow">
      <h1>{texts.consent.page}</h1>
      {isSignalled ? (
        <p className="notice">{texts.consent.signal}</p>
      ) : (
        <>
          <p>{texts.consent.pageLead}</p>
          <ConsentSwitches key={JSON.stringify(purposes)} />
        </>
      )}
      <p className="muted">{texts.consent.necessary}</p>
    </div>
  )
}
