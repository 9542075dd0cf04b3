/** People, the segments that all are in, and those that the shop defined. */

import { PageFrame } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { Tabs } from '../../parts/Tabs'
import { texts } from '../../texts'
import { OwnSegments } from './OwnSegments'
import { People } from './People'
import { SegmentsTab } from './SegmentsTab'

const words = texts.shoppers

const TABS = [
  { key: 'people', title: words.tabs.people, show: () => <People /> },
  { key: 'segments', title: words.tabs.segments, show: () => <SegmentsTab /> },
  { key: 'own', title: words.tabs.own, show: () => <OwnSegments /> },
] as const

type TabKey = (typeof TABS)[number]['key']

const KEYS = TABS.map((tab) => tab.key)

export function Overview() {
  const [tab, setTab] = useFilter<TabKey>('tab', 'people', KEYS)
  return (
    <PageFrame title={words.title} intro={words.intro}>
      <Tabs label={words.title} tabs={TABS} shown={tab} onShow={setTab} />
    </PageFrame>
  )
}
