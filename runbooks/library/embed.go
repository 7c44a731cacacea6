package library

import "embed"

// FS holds the library's documents: zh/<area>/<slug>.md and
// en/<area>/<slug>.md.
//
//go:embed zh en
var FS embed.FS
