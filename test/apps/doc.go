// Package apps puts nodes with the confs of conf/examples in front of the applications that
// these confs are for. WordPress and MediaWiki come from Debian, Next.js and an npm registry
// from npm. Small programs answer like Magento and Drupal. Chromium, visitors with analytics
// cookies and users who are logged in use the sites through the node. The applications purge
// in their own ways. The tests count the answers from the cache, and search every response
// for cookies, names and tokens of other visitors.
//
// go test runs the applications that need only Node.js. The flag -all adds the others,
// and installs what they need. The tests end with a table.
package apps
