import { expect, test } from 'vitest';
import { fileError } from '../src/log-files.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code });

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
  'an error for want of room (%s) is one that waiting may mend',
  (errno) => {
    const error = fileError('journal', systemError(errno));
    expect(error).toMatchObject({ code: 'DISK_FULL', retryable: true });
    expect(error).toMatchObject({ place: { file: 'journal', errno } });
  },
);

test.each(['EACCES', 'EIO', 'EROFS'])('any other error of a file (%s) is not', (errno) => {
  const error = fileError('journal', systemError(errno));
  expect(error).toMatchObject({ code: 'FILE_UNREADABLE', retryable: false });
});
