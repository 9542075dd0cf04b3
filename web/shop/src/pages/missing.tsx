/** An address that leads nowhere. */

import { Link } from 'wouter'
import { Empty } from '../parts/states'
import { texts } from '../texts'
import { useTitle } from '../title'

export const MissingPage = () => {
  useTitle(texts.missing.title)
  return (
    <Empty title={texts.missing.title}>
      <p>{texts.missing.lead}</p>
      <Link href="/" className="button">
        {texts.missing.home}
      </Link>
    </Empty>
  )
}
