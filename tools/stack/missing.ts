/** A server or tool that is not on this machine; the message names the line that installs it. */
export class MissingTool extends Error {
  constructor(what: string, line: string) {
    super(`${what}; install it with: ${line}`);
    this.name = 'MissingTool';
  }
}
