/** What happens in the shop at this moment. */

import { useMemo, useState } from 'react'

import { PageFrame, type PanelEntry } from '../../app/PageFrame'
import { texts } from '../../texts'
import { Explanation } from './Explanation'
import { Feed } from './Feed'
import { Funnel } from './Funnel'
import { OrdersByMinute, SalesByMinute } from './Minutes'
import { TopProducts, Trending } from './Products'
import { Tiles } from './Tiles'
import { type Asked, NumbersProvider } from './context'
import './now.css'

const PANELS: readonly PanelEntry[] = [
  { key: 'tiles', span: 12, content: Tiles },
  { key: 'sales', span: 6, content: SalesByMinute },
  { key: 'orders', span: 6, content: OrdersByMinute },
  { key: 'feed', span: 7, content: Feed },
  { key: 'funnel', span: 5, content: Funnel },
  { key: 'top', span: 7, content: TopProducts },
  { key: 'trending', span: 5, content: Trending },
]

export function Now() {
  const [asked, setAsked] = useState<Asked | null>(null)
  const page = useMemo(
    () => <PageFrame title={texts.now.title} intro={texts.now.intro} panels={PANELS} />,
    [],
  )
  return (
    <NumbersProvider explain={setAsked}>
      {page}
      {asked && <Explanation asked={asked} onClose={() => setAsked(null)} />}
    </NumbersProvider>
  )
}
