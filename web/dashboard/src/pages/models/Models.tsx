/** What is recommended, which models do it, how well, and what the shop wants of it. */

import type { ReactNode } from 'react'

import { PageFrame } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { Tabs } from '../../parts/Tabs'
import { texts } from '../../texts'
import { KindsOfModels } from './Kinds'
import { Replays } from './Replays'
import { Rules } from './Rules'
import { Served } from './Served'
import { TryIt } from './TryIt'
import './models.css'

const words = texts.models

type Part = 'served' | 'models' | 'try' | 'rules' | 'replays'
const PARTS: readonly { key: Part; title: string; show: () => ReactNode }[] = [
  { key: 'served', title: words.served.tab, show: () => <Served /> },
  { key: 'models', title: words.kinds.tab, show: () => <KindsOfModels /> },
  { key: 'try', title: words.tryIt.tab, show: () => <TryIt /> },
  { key: 'rules', title: words.rules.tab, show: () => <Rules /> },
  { key: 'replays', title: words.replays.tab, show: () => <Replays /> },
]

export function Models() {
  const [part, setPart] = useFilter<Part>('part', 'served', PARTS.map(({ key }) => key))
  return (
    <PageFrame title={words.title} intro={words.intro}>
      <Tabs label={words.title} tabs={PARTS} shown={part} onShow={setPart} />
    </PageFrame>
  )
}
