// Package library holds the runbooks that Cairn arrives with: incident
// runbooks, concept cards and a learning path, each in Chinese and English
// under the same area and slug.
//
// # How data leaves
//
// [FS] is the tree as it stands in the repository, embedded: zh/<area>/<slug>.md
// and en/<area>/<slug>.md. The files are ordinary documents, read by
// runbooks.Parse like a user's own; nothing here is parsed, listed or indexed
// when a program starts. docs/runbook_format.md describes the form,
// docs/library_slugs.md lists every slug, docs/library_review.md says how each
// document was checked.
//
// # Concurrency
//
// The tree is read-only and safe for concurrent use.
//
// # Testing
//
// The package's tests hold every document to the form: front matter, headings,
// steps, twins with the same commands, links between documents. A new document
// needs its line in docs/library_slugs.md and no Go code.
package library
