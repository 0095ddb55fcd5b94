// Prints the suite's tests as JSON: id -> kind.
const base = new URL('./node_modules/http-cache-tests/tests/', import.meta.url)
const { default: tests } = await import(new URL('index.mjs', base))
const { default: surrogate } = await import(new URL('surrogate-control.mjs', base))
const kinds = {}
for (const suite of [...tests, surrogate]) {
  for (const test of suite.tests) {
    if (!test.browser_only) kinds[test.id] = test.kind ?? 'required'
  }
}
console.log(JSON.stringify(kinds))
