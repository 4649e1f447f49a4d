import type { ComponentType } from 'preact';
import type { PageId } from '../place.ts';
import { AccessesPage } from './accesses.tsx';
import { AlertsPage } from './alerts.tsx';
import { ApprovalsPage } from './approvals.tsx';
import { AuditPage } from './audit.tsx';
import { CoveragePage } from './coverage.tsx';
import { FlowPage } from './flow.tsx';
import { KeysPage } from './keys.tsx';
import type { PageProps } from './page-props.ts';
import { PersonsPage } from './persons.tsx';
import { RejectsPage } from './rejects.tsx';
import { RevealPage } from './reveal.tsx';

/** What each page shows. */
export const PAGE_VIEWS: Readonly<Record<PageId, ComponentType<PageProps>>> = {
  flow: FlowPage,
  alerts: AlertsPage,
  rejects: RejectsPage,
  reveal: RevealPage,
  accesses: AccessesPage,
  audit: AuditPage,
  coverage: CoveragePage,
  keys: KeysPage,
  persons: PersonsPage,
  approvals: ApprovalsPage,
};
