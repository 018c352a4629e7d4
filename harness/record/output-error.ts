import { CertifyError, messageOf } from '../errors';

const reasons: { readonly [code: string]: string } = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EEXIST: 'something of that name exists',
  ENOENT: 'no such file or folder',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'the file would be too large',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
};

/** What the file system refused, as one line. */
export function outputError(what: string, path: string, thrown: unknown): CertifyError {
  if (thrown instanceof CertifyError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  const reason = code === undefined ? undefined : reasons[code];
  const text = reason === undefined ? messageOf(thrown) : `${reason} (${code})`;
  return new CertifyError('OUTPUT', `cannot ${what} ${path}: ${text}`, { path, code }, thrown);
}
