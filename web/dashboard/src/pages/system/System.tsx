/** Whether everything keeps up with the log, and what could not be taken. */

import { PageFrame, type PanelEntry } from '../../app/PageFrame'
import { useSession } from '../../api/session'
import { useFilter } from '../../filters'
import { Tabs } from '../../parts/Tabs'
import { texts } from '../../texts'
import { BadRows } from './BadRows'
import { ParkedEvents } from './ParkedEvents'
import { ReadModels } from './ReadModels'
import { Tiles } from './Tiles'
import './system.css'

const words = texts.system

const PANELS: readonly PanelEntry[] = [
  { key: 'tiles', span: 12, content: Tiles },
  { key: 'parts', span: 12, content: Parts },
]

const TABS = [
  { key: 'models', title: words.tabs.models, roles: ['admin', 'auditor'], show: () => <ReadModels /> },
  { key: 'parked', title: words.tabs.parked, roles: ['admin'], show: () => <ParkedEvents /> },
  { key: 'bad', title: words.tabs.bad, roles: ['admin'], show: () => <BadRows /> },
] as const

type TabKey = (typeof TABS)[number]['key']

export function System() {
  return <PageFrame title={words.title} intro={words.intro} panels={PANELS} />
}

function Parts() {
  const roles: readonly string[] = useSession()?.roles ?? []
  const [tab, setTab] = useFilter<TabKey>('tab', 'models')
  const mine = TABS.filter((one) => one.roles.some((role) => roles.includes(role)))
  return mine.length > 1 ? (
    <Tabs label={words.parts} tabs={mine} shown={tab} onShow={setTab} />
  ) : (
    mine[0]?.show()
  )
}
