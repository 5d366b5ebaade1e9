// What vitest's JSON reports say: `failed-files REPORT` names the test files that failed, `count STATUS REPORT…` counts the tests, of a file
// that was run again as they were the last time. Without a report nothing was run.
const { existsSync, readFileSync } = require('node:fs');
const { relative } = require('node:path');

const [command, ...args] = process.argv.slice(2);

const suitesIn = (report) => (existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : []);

if (command === 'failed-files') {
  for (const { name, status } of suitesIn(args[0])) if (status === 'failed') console.log(relative('.', name));
} else {
  const [status, ...reports] = args;
  const suites = [...new Map(reports.flatMap(suitesIn).map((suite) => [suite.name, suite])).values()];
  const tests = suites.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  // A test that was skipped, or a file that could not be run, has not passed.
  const broken = suites.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.every((test) => test.status === 'passed'),
  ).length;
  const failed = tests.length - passed + broken || (status === '0' ? 0 : 1);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
