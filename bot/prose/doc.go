// Package prose judges sentences of documents: where one ends, whether its
// brackets and quotes close, and whether an instruction can be read without the
// step before it. Tips and quiz cards take text out of its place, so they ask
// here first.
//
// All functions are pure.
package prose
