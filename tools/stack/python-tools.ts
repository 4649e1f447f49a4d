import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programPath } from './debian-package.ts';
import { withLock } from './lock.ts';
import { MissingTool } from './missing.ts';
import { ROOT, STATE } from './paths.ts';

const REQUIREMENTS = join(ROOT, 'tools', 'python', 'requirements.txt');
const PYTHON_LINE = 'apt-get install -y python3-venv (macOS: brew install python)';
/** Written last, so that an environment that has it is whole. */
const STAMP = 'complete';

export interface PythonOptions {
  /** Default: tools/python/requirements.txt. */
  readonly requirements?: string;
  /** Where environments stand; default: .sealstream/tools. */
  readonly tools?: string;
  /** Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv;
}

const run = promisify(execFile);

/**
 * The Python of an environment that holds exactly what the requirements say, below
 * `.sealstream/tools` and made once for each change of them. Its other programs stand beside it.
 * Throws MissingTool with the line to run when there is no Python to make it with.
 */
export async function pythonProgram(
  progress: (line: string) => void,
  options: PythonOptions = {},
): Promise<string> {
  const { requirements = REQUIREMENTS, tools = join(STATE, 'tools') } = options;
  const python = programPath('python3', options.environment);
  if (python === undefined) throw new MissingTool('Python 3 is missing', PYTHON_LINE);
  const { stdout: version } = await run(python, ['--version']);
  const hash = createHash('sha256').update(version).update(readFileSync(requirements));
  const folder = join(tools, `python-${hash.digest('hex').slice(0, 16)}`);
  const stamp = join(folder, STAMP);
  if (!existsSync(stamp))
    await withLock(join(tools, 'python.lock'), async () => {
      // Whoever had the lock before may have made it.
      if (existsSync(stamp)) return;
      progress('installing the Python packages of the tests (once, takes a minute)');
      await make(python, folder, requirements);
      writeFileSync(stamp, '');
    });
  return join(folder, 'bin', 'python');
}

async function make(python: string, folder: string, requirements: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  try {
    await run(python, ['-m', 'venv', folder]);
  } catch {
    throw new MissingTool('Python cannot make environments', PYTHON_LINE);
  }
  // The file names all, so nothing is looked up; bytecode comes with the first import.
  const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet'];
  const which = ['--no-deps', '--no-compile', '--only-binary', ':all:', '-r', requirements];
  try {
    await run(join(folder, 'bin', 'python'), [...pip, ...which], { maxBuffer: 2 ** 26 });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    const problem = `pip could not install ${requirements}:\n${said.slice(-1000)}`;
    throw new Error(problem, { cause: error });
  }
}
