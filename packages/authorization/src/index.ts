/**
 * authorization: who may do what to which field, for which purpose, when and how often.
 *
 * Promises: what no rule allows is denied; a decision names the rule it rests on, or every reason why
 * none allowed it. Pure: no clock and no store of its own.
 */
export { ACTIONS, type Action } from './actions.ts';
