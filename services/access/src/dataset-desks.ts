import { SealstreamError } from '@sealstream/contracts';
import { SubjectIndex } from '@sealstream/flow';
import { openVaultRows, type VaultRows } from '@sealstream/keyring';
import { type Dataset, maskPurpose, partsOf } from '@sealstream/policy';
import { type OpenedService, redisTlsCa, type ServiceKeys } from '@sealstream/service';

import type { AccessConfig } from './config.ts';
import type { DatasetDesk, PolicyOfNow } from './access-parts.ts';
import { MaskedFields } from './masked-fields.ts';
import { SealedFields } from './sealed-fields.ts';

/**
 * What can be done with the values of each dataset, by the policy of now.
 *
 * Promises: of a dataset that the policy does not name there is none; a desk is made anew when the
 * rules of its dataset change.
 */
export class DatasetDesks {
  readonly #policy: Pick<PolicyOfNow, 'of'>;
  readonly #keys: ServiceKeys;
  readonly #rows: ReadonlyMap<string, VaultRows>;
  readonly #desks = new Map<string, { readonly dataset: Dataset; readonly desk: DatasetDesk }>();

  constructor(
    policy: Pick<PolicyOfNow, 'of'>,
    keys: ServiceKeys,
    rows: ReadonlyMap<string, VaultRows>,
  ) {
    this.#policy = policy;
    this.#keys = keys;
    this.#rows = rows;
  }

  /** @throws SealstreamError POLICY_UNKNOWN_DATASET */
  of(name: string): DatasetDesk {
    const dataset = this.#policy.of(name);
    const known = this.#desks.get(name);
    if (known?.dataset === dataset) return known.desk;
    const desk = this.#made(dataset);
    this.#desks.set(name, { dataset, desk });
    return desk;
  }

  #made(dataset: Dataset): DatasetDesk {
    const keys = this.#keys.of(dataset);
    const index = new SubjectIndex(dataset.name);
    return {
      sealed: new SealedFields(dataset, keys),
      masked: new MaskedFields(dataset, keys, this.#rows.get(dataset.name)),
      subjectIndex: (subject) => {
        if (dataset.subject === undefined)
          throw new SealstreamError(
            'FIELD_UNFIT',
            { dataset: dataset.name },
            'The dataset has no subject: leave `subject` out.',
          );
        const bytes = Buffer.from(subject);
        const found = index.of(keys, { bytes, from: 0, to: bytes.length });
        return Buffer.from(found.bytes.subarray(found.from, found.to));
      },
    };
  }
}

/** The vaults of the datasets that have fields in one. Throws REDIS_UNREACHABLE. */
export async function openVaults(
  service: OpenedService<AccessConfig>,
): Promise<ReadonlyMap<string, VaultRows>> {
  const { config, onStop, policy, telemetry } = service;
  const vaults = new Map<string, VaultRows>();
  for (const dataset of policy.datasets.values()) {
    if (!partsOf(dataset).some((field) => maskPurpose(field) === 'vault')) continue;
    const rows = await openVaultRows({
      redisUrl: config.redisUrl.reveal(),
      redisTlsCa: redisTlsCa(config),
      prefix: config.namePrefix,
      logger: telemetry.logger,
      dataset: dataset.name,
    });
    onStop(`vault rows of ${dataset.name}`, async () => rows.stop());
    vaults.set(dataset.name, rows);
  }
  return vaults;
}
