/** Products, what to order, categories. */

import { PageFrame } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { Tabs } from '../../parts/Tabs'
import { texts } from '../../texts'
import { Assortment } from './Assortment'
import { Categories } from './Categories'
import { StockAdvice } from './StockAdvice'

const words = texts.products

const TABS = [
  { key: 'all', title: words.tabs.all, show: () => <Assortment /> },
  { key: 'stock', title: words.tabs.stock, show: () => <StockAdvice /> },
  { key: 'categories', title: words.tabs.categories, show: () => <Categories /> },
] as const

type TabKey = (typeof TABS)[number]['key']

const KEYS = TABS.map((tab) => tab.key)

export function Overview() {
  const [tab, setTab] = useFilter<TabKey>('tab', 'all', KEYS)
  return (
    <PageFrame title={words.title} intro={words.intro}>
      <Tabs label={words.title} tabs={TABS} shown={tab} onShow={setTab} />
    </PageFrame>
  )
}
