// Package apps puts nodes with the confs of conf/examples in front of the
// applications that these confs are for: WordPress, MediaWiki, Next.js and an
// npm registry as Debian and npm have them, and small programs that answer with
// the fields of Magento and Drupal. People with analytics cookies, people who are
// logged in and Chromium use the sites through the node, and the application's
// own means of purging are used. What was answered from the cache is counted,
// and every response is searched for what belongs to somebody else.
//
// go test runs what needs no more than Node.js; the flag -all adds the others and
// installs what they need. At the end stands a table.
package apps
