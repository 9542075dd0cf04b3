/** Whether everything keeps up with the log, and what could not be taken. */

import { PageFrame, type PanelEntry } from '../../app/PageFrame'
import { usePages } from '../../api/queries'
import { useSession } from '../../api/session'
import { useFilter } from '../../filters'
import { number } from '../../format'
import { Tabs } from '../../parts/Tabs'
import { texts } from '../../texts'
import { BadRows, PATH as BAD_ROWS } from './BadRows'
import { ParkedEvents } from './ParkedEvents'
import { ReadModels } from './ReadModels'
import { Tiles } from './Tiles'
import { useReadModels } from './models'
import type { BadRow } from './shapes'
import './system.css'

const words = texts.system

const PANELS: readonly PanelEntry[] = [
  { key: 'tiles', span: 12, content: Tiles },
  { key: 'parts', span: 12, content: Parts },
]

const TABS = [
  {
    key: 'models',
    title: words.tabs.models,
    roles: ['admin', 'auditor'],
    show: () => <ReadModels />,
  },
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
  const waiting = useWaiting(roles.includes('admin'))
  const mine = TABS.filter((one) => one.roles.some((role) => roles.includes(role)))
  return mine.length > 1 ? (
    <Tabs
      label={words.parts}
      tabs={mine.map((one) => ({
        ...one,
        title: <TabTitle title={one.title} count={waiting[one.key]} />,
      }))}
      shown={tab}
      onShow={setTab}
    />
  ) : (
    mine[0]?.show()
  )
}

function TabTitle({ title, count }: { title: string; count: string }) {
  return (
    <>
      {title}
      {count && (
        <span className="pill tab-count" data-tone="bad">
          {count}
        </span>
      )}
    </>
  )
}

/** Returns how much of each tab waits for somebody; nothing where nothing does. */
function useWaiting(mayMend: boolean): Readonly<Record<TabKey, string>> {
  const { models } = useReadModels()
  const bad = usePages<BadRow>(BAD_ROWS, { status: 'open' }, { everyMs: 10_000, enabled: mayMend })
  const parked = models.reduce((sum, { live }) => sum + (live?.parked ?? 0), 0)
  const open = bad.items?.length ?? 0
  return {
    models: '',
    parked: parked ? number(parked) : '',
    bad: open ? `${number(open)}${bad.hasMore ? '+' : ''}` : '',
  }
}
