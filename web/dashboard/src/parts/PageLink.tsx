/** A way to a page for those who may see it; for others, and without such a page, only words. */

import type { ReactNode } from 'react'
import { Link } from 'wouter'

import { useSession } from '../api/session'
import { PAGES, maySee } from '../pages'

export function PageLink({ to, children }: { to: string; children: ReactNode }) {
  const roles = useSession()?.roles ?? []
  const page = PAGES.find(({ path }) => path !== '/' && `${to}/`.startsWith(`${path}/`))
  return page && maySee(page, roles) ? <Link href={`~${to}`}>{children}</Link> : children
}

export function ProductLink({ id, name }: { id: string; name?: string }) {
  return <PageLink to={`/products/${encodeURIComponent(id)}`}>{name || id}</PageLink>
}
