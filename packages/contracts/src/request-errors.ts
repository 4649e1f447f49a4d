/** What can be wrong with a request to access: rows of the table of all errors. */
export const REQUEST_ERRORS = {
  REQUEST_INVALID: {
    class: 'terminal',
    cause: 'A request is not of the form that the route takes.',
    mend: 'Mend what is named; GET /v1/openapi.json has the form of every route.',
  },
  FIELD_UNKNOWN: {
    class: 'terminal',
    cause: 'The dataset has no field of that path that is kept so.',
    mend: 'Write the path as the policy does; GET /v1/datasets/DATASET lists them with what can be done.',
  },
  FIELD_UNFIT: {
    class: 'terminal',
    cause: 'The field is kept in a way that does not allow this.',
    mend: 'See what the policy says of it: `sealstream explain`.',
  },
  ROUTE_UNKNOWN: {
    class: 'terminal',
    cause: 'There is no such route, or not with this method.',
    mend: 'GET /v1/openapi.json lists all of them.',
  },
  REQUEST_TOO_LARGE: {
    class: 'terminal',
    cause: 'A request has a body larger than the route takes.',
    mend: 'Send fewer values at once.',
  },
  MEDIA_TYPE_UNKNOWN: {
    class: 'terminal',
    cause: 'A request has a body of another type than the route takes.',
    mend: 'Send JSON, and say so: Content-Type: application/json.',
  },
  QUOTA_SPENT: {
    class: 'terminal',
    cause: 'What a role allows of this in its period is used up.',
    mend: 'Wait for the next period, or ask an administrator whether the quota fits the work.',
  },
  APPROVAL_NEEDED: {
    class: 'terminal',
    cause: 'This needs the approval of a second person.',
    mend: 'Have the request approved, then send the very same request with the id of the approval.',
  },
  TOO_MANY_REQUESTS: {
    class: 'retryable',
    cause: 'More is asked for at once than is taken, here or from this address.',
    mend: 'Ask again after the time in the header Retry-After.',
  },
} as const;
