// Package runbooks turns documents as teams really keep them into structure:
// sections under their headings, steps with their commands, and passages, the
// unit that is searched and quoted.
//
// # How data enters and leaves
//
// [Parse] takes the bytes of one file and returns a [Document]. It recognises
// by structure alone what kind of text stands where (Markdown, HTML, plain
// notes, question lists with fenced answers, PDF dumps, scraped pages, link
// lists); kinds may mix in one file, and what is not recognised is plain text,
// never an error. [Passages] cuts a document into the pieces that retrieval
// indexes. Nothing here reads the disk or the network; that is
// runbooks/source's work.
//
// # Citations
//
// [Document.Text] is the file decoded to UTF-8, byte order mark dropped and
// line ends made \n. Every [Span] is a pair of byte offsets into it, so that a
// quote is always Text[Start:End] and its lines follow from [Document.Lines].
// What the parsers derive (a step's prose, its commands) only ever removes
// bytes: list markers, markup, entities, common indentation, shell prompts and
// line wrapping. It adds and reorders nothing.
//
// [Folds] decides whether a derived text follows from a quote by these removals
// alone; the tests hold every document against it, and bot/answer every step
// it shows.
//
// # How a file is taken apart
//
// parse.go decodes and reads front matter; dispatch.go gives each part of the
// text to the parser of its kind (markdown.go over goldmark, html.go over
// x/net/html, plain.go for texts without markup, mashed.go for a page on one
// line). All of them emit the same pieces. answers.go turns questions with
// their answers in fences into sections, batches.go gives titles that stand
// apart back to their texts, build.go makes sections from the pieces, steps.go
// steps, passages.go passages.
//
// # Testing
//
// testdata holds synthetic documents as txtar files: -update rewrites the wanted
// outlines, the expectations must hold under every mutation of the bytes.
//
// # Concurrency
//
// Documents are built once and then read only; every function is safe for
// concurrent use.
package runbooks
