import type { Hours, Rule } from './access-rules.ts';

/** A quota in a few words, or `-`. */
export const quotaText = (quota: Rule['quota']): string =>
  quota === undefined ? '-' : `${quota.values} per ${quota.per}`;

/** Hours in a few words, or `-`. */
export function hoursText(hours: Hours | undefined): string {
  if (hours === undefined) return '-';
  const { days, fromMinute, toMinute, zone } = hours;
  return `${days.join(' ')} ${clock(fromMinute)}-${clock(toMinute)} ${zone}`;
}

const clock = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

const listText = (list: readonly string[] | undefined): string =>
  list === undefined || list.length === 0 ? '-' : list.join(' ');

/** The parts of a rule as texts, each `-` where the rule says nothing of it. */
export function ruleCells(rule: Rule): {
  readonly [part in 'datasets' | 'fields' | 'purposes' | 'hours' | 'quota']: string;
} {
  return {
    datasets: listText(rule.datasets),
    fields: listText(rule.fields),
    purposes: listText(rule.purposes),
    hours: hoursText(rule.hours),
    quota: quotaText(rule.quota),
  };
}

/** A rule on one line, the same for rules that allow the same. */
export function ruleSummary(rule: Rule): string {
  const { datasets, fields, hours, purposes, quota } = ruleCells(rule);
  const parts = [
    ['', rule.actions.join(' ')],
    ['on ', datasets],
    ['', fields],
    ['for ', purposes],
    ['at ', hours],
    ['at most ', quota],
  ];
  return parts
    .filter(([, text]) => text !== '-')
    .map(([word, text]) => `${word}${text}`)
    .join(' ');
}
