import { refuse } from '../kafka-errors.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** How a member names itself to its group's coordinator. */
export interface MemberName {
  readonly groupId: string;
  /** '' before the coordinator gave one. */
  readonly memberId: string;
  /** The name that a static member keeps through restarts; null for a dynamic one. */
  readonly instanceId: string | null;
}

/** A member as the group's leader is told of it. */
export interface JoinedMember {
  readonly memberId: string;
  readonly metadata: Buffer;
}

/** Nothing but that there was no refusal. */
export interface Acknowledgement {
  readonly throttleMs: number;
}

export interface JoinAnswer {
  readonly errorCode: number;
  readonly generation: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** All members, for the leader only. */
  readonly members: readonly JoinedMember[];
}

/**
 * JoinGroup v5, the first that carries the instance id; kafkajs leaves it out. The answer may be the
 * refusal MEMBER_ID_REQUIRED together with the id to join with, so its code is given, not thrown.
 *
 * The broker answers when the rebalance is over, so the time-out must be longer than that may take.
 */
export function joinGroupRequest(
  name: MemberName,
  options: {
    readonly sessionTimeoutMs: number;
    readonly rebalanceTimeoutMs: number;
    readonly protocol: string;
    readonly metadata: Buffer;
    readonly timeoutMs: number;
  },
): WireRequest<JoinAnswer> {
  const body = new ByteWriter()
    .string(name.groupId)
    .int32(options.sessionTimeoutMs)
    .int32(options.rebalanceTimeoutMs)
    .string(name.memberId)
    .string(name.instanceId)
    .string('consumer')
    .int32(1)
    .string(options.protocol)
    .bytes(options.metadata);
  return wireRequest<JoinAnswer>(
    { key: 11, version: 5, name: 'JoinGroup' },
    body,
    (reader) => {
      reader.int32();
      const errorCode = reader.int16();
      const generation = reader.int32();
      reader.string();
      const leaderId = reader.string() ?? '';
      const memberId = reader.string() ?? '';
      const members = reader.array((member) => {
        const id = member.string() ?? '';
        member.string();
        return { memberId: id, metadata: Buffer.from(member.view(member.int32())) };
      });
      return { errorCode, generation, leaderId, memberId, members };
    },
    options.timeoutMs,
  );
}

/** SyncGroup v3: the leader tells each member's share, every member learns its own. */
export function syncGroupRequest(
  name: MemberName,
  generation: number,
  shares: readonly { readonly memberId: string; readonly share: Buffer }[],
  timeoutMs: number,
): WireRequest<Buffer> {
  const body = new ByteWriter()
    .string(name.groupId)
    .int32(generation)
    .string(name.memberId)
    .string(name.instanceId)
    .int32(shares.length);
  for (const { memberId, share } of shares) body.string(memberId).bytes(share);
  return wireRequest<Buffer>(
    { key: 14, version: 3, name: 'SyncGroup' },
    body,
    (reader) => {
      reader.int32();
      refuse(reader.int16());
      return Buffer.from(reader.view(Math.max(0, reader.int32())));
    },
    timeoutMs,
  );
}

/** Heartbeat v3. */
export function heartbeatRequest(
  name: MemberName,
  generation: number,
): WireRequest<Acknowledgement> {
  const body = new ByteWriter()
    .string(name.groupId)
    .int32(generation)
    .string(name.memberId)
    .string(name.instanceId);
  return wireRequest({ key: 12, version: 3, name: 'Heartbeat' }, body, (reader) => {
    const throttleMs = reader.int32();
    refuse(reader.int16());
    return { throttleMs };
  });
}

/** LeaveGroup v3 for one member. */
export function leaveGroupRequest(name: MemberName): WireRequest<Acknowledgement> {
  const body = new ByteWriter()
    .string(name.groupId)
    .int32(1)
    .string(name.memberId)
    .string(name.instanceId);
  return wireRequest({ key: 13, version: 3, name: 'LeaveGroup' }, body, (reader) => {
    const throttleMs = reader.int32();
    refuse(reader.int16());
    reader.array((member) => {
      member.string();
      member.string();
      refuse(member.int16());
    });
    return { throttleMs };
  });
}
