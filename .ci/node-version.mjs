// Ends the process with two plain lines when Node.js is too old. It is imported before anything that an old Node.js could
// not even read, by the build and by the command; so it keeps to syntax that every Node.js with modules knows.
const MINIMUM = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  process.stderr.write(
    `quorate needs Node.js ${MINIMUM.join('.')} or newer, and this is ${process.versions.node}.\n` +
      'Install a newer one, for example from your package manager, and run the command again.\n',
  );
  process.exit(1);
}
