// Command ordinary lists the words that operations texts use as a matter of
// course: words and pairs of Han characters that more than one document of the
// built-in library holds and that are no names. `go generate ./retrieval/lexical`
// runs it from retrieval/lexical.
package main
