import { Begin1795449479817 } from './1795449479817-Begin.js';
import { AddFinishedIndex1795527329166 } from './1795527329166-AddFinishedIndex.js';
import { AddPayments1795582038977 } from './1795582038977-AddPayments.js';
import { AddSandboxDisputes1795632196755 } from './1795632196755-AddSandboxDisputes.js';
import { AddRecheck1795633497200 } from './1795633497200-AddRecheck.js';
import { ReconcilePayments1795634124298 } from './1795634124298-ReconcilePayments.js';
import { WidenAmounts1795634400000 } from './1795634400000-WidenAmounts.js';
import { AddNextAttemptIndex1795637844646 } from './1795637844646-AddNextAttemptIndex.js';
import { AddSandboxWebhookSecret1795643818729 } from './1795643818729-AddSandboxWebhookSecret.js';
import { SpeakOneVocabulary1795650000000 } from './1795650000000-SpeakOneVocabulary.js';
import { SplitAttempt1795660000000 } from './1795660000000-SplitAttempt.js';
import { ReadStateByIndex1795670000000 } from './1795670000000-ReadStateByIndex.js';
import { LeaseWorkers1795680000000 } from './1795680000000-LeaseWorkers.js';
import { AddOutgoingWebhooks1795704356191 } from './1795704356191-AddOutgoingWebhooks.js';
import { AddJobOutbox1795704700000 } from './1795704700000-AddJobOutbox.js';
import { AddTenants1795705500000 } from './1795705500000-AddTenants.js';
import { AddApiKeys1795706000000 } from './1795706000000-AddApiKeys.js';
import { AddAuditTrail1795706100000 } from './1795706100000-AddAuditTrail.js';
import { CountFailedLogins1795708000000 } from './1795708000000-CountFailedLogins.js';
import { AddProposedResolution1795710000000 } from './1795710000000-AddProposedResolution.js';
import { AddRetention1795720000000 } from './1795720000000-AddRetention.js';
import { AddProviderAccounts1795725000000 } from './1795725000000-AddProviderAccounts.js';
import { ServeWithoutOwnership1795730000000 } from './1795730000000-ServeWithoutOwnership.js';
import { LookUpForClients1795731000000 } from './1795731000000-LookUpForClients.js';
import { AddWatchGeneration1795732000000 } from './1795732000000-AddWatchGeneration.js';
import { AddPaymentAccount1795733000000 } from './1795733000000-AddPaymentAccount.js';

/** Every migration, oldest first. `npm run migration:generate` writes one from the entities, and names it here. */
export const migrations = [
  Begin1795449479817,
  AddFinishedIndex1795527329166,
  AddPayments1795582038977,
  AddSandboxDisputes1795632196755,
  AddRecheck1795633497200,
  ReconcilePayments1795634124298,
  WidenAmounts1795634400000,
  AddNextAttemptIndex1795637844646,
  AddSandboxWebhookSecret1795643818729,
  SpeakOneVocabulary1795650000000,
  SplitAttempt1795660000000,
  ReadStateByIndex1795670000000,
  LeaseWorkers1795680000000,
  AddOutgoingWebhooks1795704356191,
  AddJobOutbox1795704700000,
  AddTenants1795705500000,
  AddApiKeys1795706000000,
  AddAuditTrail1795706100000,
  CountFailedLogins1795708000000,
  AddProposedResolution1795710000000,
  AddRetention1795720000000,
  AddProviderAccounts1795725000000,
  ServeWithoutOwnership1795730000000,
  LookUpForClients1795731000000,
  AddWatchGeneration1795732000000,
  AddPaymentAccount1795733000000,
];
