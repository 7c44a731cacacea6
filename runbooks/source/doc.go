// Package source lists and reads the files a library is made of.
//
// # How data enters and leaves
//
// A [Source] names its files by paths relative to the library, with forward
// slashes, in a fixed order, and reads them one by one. [Folder] is the
// implementation for a directory. It reads Markdown, HTML, plain text,
// reStructuredText and AsciiDoc by their extension, and files without one when
// their head looks like text. Everything it leaves out is in
// [Listing].Skipped with a reason; a single bad file never ends a listing.
//
// # Links
//
// Hidden files and folders are left out, but links may lead into them, so that
// a Kubernetes ConfigMap volume (doc.md linking to ..data/doc.md) reads as it
// looks. Links are followed while they stay inside the library; one that leads
// outside is skipped, for a document's author must not choose which other
// files of the machine are quoted in a chat ([Options].FollowOutside lifts
// this). Loops, and links to what is listed anyway, are skipped.
//
// # Concurrency
//
// A Folder holds no state; its methods are safe for concurrent use.
//
// # Testing
//
// The tests of another source can take the cases of this package's
// folder_test.go: order, reasons, limits, a file that vanishes.
package source
